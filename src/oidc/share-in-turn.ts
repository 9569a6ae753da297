/**
 * Does something once for all who ask for it in the same turn of the event loop. Nobody joins what has already
 * begun: it might miss what the asker knows to be there.
 */
export function shareInTurn<Subject>(
  nameOf: (subject: Subject) => string,
  act: (subject: Subject) => Promise<void>,
): (subject: Subject) => Promise<void> {
  const asked = new Map<string, Promise<void>>();
  return (subject) => {
    const name = nameOf(subject);
    let shared = asked.get(name);
    if (!shared) {
      shared = Promise.resolve().then(() => {
        asked.delete(name);
        return act(subject);
      });
      asked.set(name, shared);
    }
    return shared;
  };
}
