/**
 * Questions that are asked in the same turn of the event loop go out as one: a busy server pays one round trip
 * for many requests, an idle one waits for nobody.
 */

/**
 * @param answerAll answers a list of questions in its order; when it fails, all of them fail alike
 * @param most questions in one call
 */
export function gatherInTurn<Question, Answer>(
  answerAll: (questions: Question[]) => Promise<Answer[]>,
  most = 100,
): (question: Question) => Promise<Answer> {
  let asked: { question: Question; resolve(answer: Answer): void; reject(reason: unknown): void }[] = [];

  function send(): void {
    const batch = asked;
    asked = [];
    answerAll(batch.map(({ question }) => question)).then(
      (answers) => {
        for (const [n, { resolve }] of batch.entries()) resolve(answers[n]!);
      },
      (error: unknown) => {
        for (const { reject } of batch) reject(error);
      },
    );
  }

  return (question) =>
    new Promise((resolve, reject) => {
      asked.push({ question, resolve, reject });
      if (asked.length === 1) setImmediate(() => asked.length > 0 && send());
      if (asked.length >= most) send();
    });
}
