/**
 * Sign-ins that browsers have begun here, by `state`: a person may begin in two tabs and finish either one first.
 * A real department would keep them in its database.
 */
import { randomBytes } from 'node:crypto';

export interface Attempt {
  nonce: string;
  verifier: string;
}

export interface Attempts {
  /** Keeps an attempt of this browser for ten minutes. */
  keep(state: string, browser: string, attempt: Attempt): void;
  /** The attempt behind a state, once; undefined when this browser has begun none by that name, or too long ago. */
  take(state: string, browser: string): Attempt | undefined;
}

/** Seconds an attempt waits for its answer. */
export const ATTEMPT_LASTS = 600;
const MOST_ATTEMPTS = 10_000;

/** @param now milliseconds, for tests */
export function openAttempts(now: () => number = Date.now): Attempts {
  // In the order they were begun: the oldest ends first, by its age or to make room.
  const begun = new Map<string, Attempt & { browser: string; ends: number }>();
  const forgetOld = () => {
    for (const [state, { ends }] of begun) {
      if (ends > now() && begun.size <= MOST_ATTEMPTS) return;
      begun.delete(state);
    }
  };
  return {
    keep(state, browser, attempt) {
      begun.set(state, { ...attempt, browser, ends: now() + ATTEMPT_LASTS * 1_000 });
      forgetOld();
    },
    take(state, browser) {
      forgetOld();
      const found = begun.get(state);
      // Left where it is when another browser names it: it is not that one's to use up (RFC 9700 section 4.7).
      if (found?.browser !== browser) return undefined;
      begun.delete(state);
      return { nonce: found.nonce, verifier: found.verifier };
    },
  };
}

/** What binds attempts to a browser, and opens nothing else: the name it came with, or a new one. */
export const nameBrowser = (known: string | undefined): string =>
  known !== undefined && /^[\w-]{32}$/.test(known) ? known : randomBytes(24).toString('base64url');
