/** The templates of the views folder, compiled once at start, so that a broken one is found before anybody sees it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Eta } from 'eta';
import { escapeHtml, Markup } from './markup.ts';

/** Renders a view by its name (`interactions/login`). @throws when there is none, or when it breaks. */
export type Views = (name: string, it: object) => string;

const ENDING = '.eta';

export function loadViews(folder: string): Views {
  const eta = new Eta({
    autoEscape: true,
    escapeFunction: (value) => (value instanceof Markup ? value.html : escapeHtml(String(value ?? ''))),
  });
  const compiled = new Map(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith(ENDING))
      .map((file) => {
        const name = file.slice(0, -ENDING.length).replaceAll('\\', '/');
        return [name, named(name, () => eta.compile(readFileSync(join(folder, file), 'utf8')))] as const;
      }),
  );
  return (name, it) => {
    const template = compiled.get(name);
    if (!template) throw new Error(`no view ${name}`);
    return named(name, () => template.call(eta, it));
  };
}

/** Says in which view something broke; the innermost one counts. */
function named<Result>(name: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof BrokenView) throw error;
    throw new BrokenView(`view ${name}: ${(error as Error).message}`, { cause: error });
  }
}

class BrokenView extends Error {}
