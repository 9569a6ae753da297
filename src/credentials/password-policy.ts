/**
 * Which passwords a person may choose. Length and kinds follow the classified protection scheme (GB/T
 * 22239-2019 8.1.4.1 a, for citizens at least 8 characters of 3 kinds); the rest keeps out what is guessed
 * first: easy compositions and everything that stands in the person's own papers.
 */
import { type Failure, failed } from '../platform/failure.ts';
import { guessBits } from './guessing.ts';
import { normalisePassword } from './pepper.ts';
import type { PasswordSettings } from './settings.ts';

/** What is known of the person, as far as it is; nothing of it may stand in the password. */
export interface PersonFacts {
  documentNumber?: string | undefined;
  name?: string | undefined;
  phone?: string | undefined;
  /** YYYY-MM-DD. A citizen number brings it along. */
  birthdate?: string | undefined;
  userName?: string | undefined;
}

/** Below about 67 million guesses a composition of easy parts counts as common. */
const LEAST_BITS = 26;
/** Shorter pieces of a number stand in many good passwords by chance. */
const LEAST_DIGITS = 6;
const LEAST_USER_NAME = 3;
const LEAST_NAME = 2;

/**
 * The first reason against a password, or undefined. All are 422 with field `new_password`: `password-short`
 * {least}, `password-long` {most}, `password-characters`, `password-kinds` {least, small, capital, digits,
 * others: ✓ or ✗}, `password-own-number`, `password-own-birthday`, `password-own-phone`, `password-own-name`,
 * `password-own-user-name`, `password-common`.
 */
export function judgePassword(
  raw: string,
  facts: PersonFacts,
  settings: PasswordSettings,
): Failure | undefined {
  const password = normalisePassword(raw);
  const length = [...password].length;
  if (length < settings.leastLength) return refuse('password-short', { least: settings.leastLength });
  if (length > settings.mostLength) return refuse('password-long', { most: settings.mostLength });
  // A control character comes from a broken form or paste; no keyboard could type it again.
  if (!raw.isWellFormed() || /[\p{Cc}\p{Cn}]/u.test(password)) return refuse('password-characters');
  const kinds = kindsOf(password);
  if (Object.values(kinds).filter(Boolean).length < settings.leastKinds) {
    const mark = (present: boolean) => (present ? '✓' : '✗');
    return refuse('password-kinds', {
      least: settings.leastKinds,
      small: mark(kinds.small),
      capital: mark(kinds.capital),
      digits: mark(kinds.digits),
      others: mark(kinds.others),
    });
  }
  const own = ownFact(password, facts);
  if (own) return refuse(own);
  if (guessBits(password) < LEAST_BITS) return refuse('password-common');
  return undefined;
}

/** Which kinds stand in it. Letters of scripts without capitals (Chinese, Tibetan) and symbols are `others`. */
export function kindsOf(password: string): {
  small: boolean;
  capital: boolean;
  digits: boolean;
  others: boolean;
} {
  return {
    small: /\p{Ll}/u.test(password),
    capital: /\p{Lu}/u.test(password),
    digits: /\p{Nd}/u.test(password),
    others: /[^\p{Ll}\p{Lu}\p{Nd}]/u.test(password),
  };
}

const refuse = (code: string, params?: Record<string, string | number>): Failure =>
  failed(code, 422, { field: 'new_password', ...(params ? { params } : {}) }).failure;

/** The code of the fact that stands in the password. Width, case and whatever is strewn between do not hide it. */
function ownFact(password: string, facts: PersonFacts): string | undefined {
  const text = fold(password);
  const holds = (piece: string) => piece !== '' && text.includes(piece);
  const number = fold(facts.documentNumber ?? '');
  if (number.length >= LEAST_DIGITS && holds(number.slice(-LEAST_DIGITS))) return 'password-own-number';
  if (birthdaysOf(facts).some(holds)) return 'password-own-birthday';
  const phone = fold(facts.phone ?? '');
  if (phone.length >= LEAST_DIGITS && holds(phone.slice(-LEAST_DIGITS))) return 'password-own-phone';
  const name = fold(facts.name ?? '');
  if ([...name].length >= LEAST_NAME && holds(name)) return 'password-own-name';
  const userName = fold(facts.userName ?? '');
  if (userName.length >= LEAST_USER_NAME && holds(userName)) return 'password-own-user-name';
  return undefined;
}

/** Letters, marks and digits in small plain form; the last six of a number thus stand in the whole number too. */
const fold = (text: string) =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]/gu, '');

/** The ways a birthday is written as digits. */
function birthdaysOf({ birthdate, documentNumber }: PersonFacts): string[] {
  const [, year, month, day] =
    /^(\d{4})-(\d\d)-(\d\d)$/.exec(birthdate ?? '') ??
    /^[1-8]\d{5}(\d{4})(\d\d)(\d\d)\d{3}[\dXx]$/.exec(documentNumber ?? '') ??
    [];
  if (!year || !month || !day) return [];
  const short = `${year}${Number(month)}${Number(day)}`;
  return [
    year + month + day,
    year.slice(2) + month + day,
    month + day + year,
    day + month + year,
    ...(short.length >= LEAST_DIGITS ? [short] : []),
  ];
}
