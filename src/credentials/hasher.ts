/** argon2id over peppered text, in the bounded queue: for whatever must rest as hardly guessable as a password. */
import type { HashEngine, HashParameters } from './hash-engine.ts';
import type { HashQueue } from './hash-queue.ts';
import type { Pepper } from './pepper.ts';

/** An argon2id PHC string over peppered text, and which pepper. */
export interface PreparedHash {
  readonly hash: string;
  readonly pepper: string;
}

export interface Hasher {
  /** Waits for its turn; failure `busy` (503, retryAfter). Whatever costs more than some milliseconds goes in here. */
  run: HashQueue['run'];
  /** Hashes with the current pepper and parameters. To be called within {@link run}. */
  hash(text: string): Promise<PreparedHash>;
  /** Whether this is the text that was hashed. To be called within {@link run}. */
  matches(text: string, prepared: PreparedHash): Promise<boolean>;
}

export function makeHasher(
  engine: HashEngine,
  queue: HashQueue,
  pepper: Pepper,
  parameters: HashParameters,
): Hasher {
  return {
    run: (work) => queue.run(work),
    async hash(text) {
      const id = pepper.currentId;
      return { hash: await engine.hash(pepper.apply(text, id), parameters), pepper: id };
    },
    matches: (text, { hash, pepper: id }) => engine.verify(hash, pepper.apply(text, id)),
  };
}
