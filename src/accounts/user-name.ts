/** Chosen user names: one more thing to sign in with, easier to remember than a number. */
import { done, failed, type Outcome } from '../platform/failure.ts';

export const SHORTEST_USER_NAME = 4;
export const LONGEST_USER_NAME = 30;

const FORM = new RegExp(
  `^\\p{L}[\\p{L}\\p{M}\\p{N}\u0F0B._-]{${SHORTEST_USER_NAME - 1},${LONGEST_USER_NAME - 1}}$`,
  'u',
);
/** What could be mistaken for a document or phone number on the sign-in page. */
const LIKE_A_NUMBER = /^[a-z]{0,3}\d{5,}[a-z]?$/;

/** Letters of any script first, then letters, digits, dot, underscore, hyphen. */
export interface UserName {
  /** As the person wrote it. */
  display: string;
  /** What must be unique: compatibility forms and upper and lower case count as the same. */
  key: string;
}

/** Failures (422, field `user_name`): user-name-form (params least, most), user-name-number. */
export function parseUserName(raw: string, field = 'user_name'): Outcome<UserName> {
  const wrong = () =>
    failed('user-name-form', 422, { field, params: { least: SHORTEST_USER_NAME, most: LONGEST_USER_NAME } });
  if (typeof raw !== 'string' || raw.length > LONGEST_USER_NAME * 8) return wrong();
  const display = raw.trim().normalize('NFC');
  const key = userNameKey(display);
  if (!FORM.test(key)) return wrong();
  if (LIKE_A_NUMBER.test(key.replace(/[._-]/g, ''))) return failed('user-name-number', 422, { field });
  return done({ display, key });
}

/**
 * The form two user names are compared in; also for what was typed on the sign-in page, whatever it is.
 * Trimmed last: some compatibility forms begin with a space.
 */
export const userNameKey = (raw: string): string =>
  raw.normalize('NFKC').toLowerCase().normalize('NFKC').trim();
