/**
 * What somebody typed to sign in with: a number of the chosen document, or (where none was chosen) a citizen
 * number, a phone or a user name. The three cannot be confused: user names begin with a letter and are no
 * numbers, phones have eleven digits. Other documents must be chosen, because one string can be valid as two.
 */
import { type Document, isDocumentType, parseDocument } from '../accounts/id-number.ts';
import { parsePhone } from '../accounts/phone.ts';
import { userNameKey } from '../accounts/user-name.ts';
import { done, failed, type Outcome } from '../platform/failure.ts';

export type Identifier =
  | { kind: 'document'; document: Document; text: string }
  | { kind: 'phone'; phone: string; text: string }
  | { kind: 'user-name'; name: string; text: string };

/** Longer than any identifier; what is longer is not looked at. */
const LONGEST = 200;
/** Fifteen digits or more (a last X, or what keyboards make of it, included) can only be meant as a number. */
const LIKE_CITIZEN_NUMBER = /^[\p{Nd}\s-]{14,}[\p{Nd}xXхХｘＸ*×]$/u;

/**
 * Reads the field `identifier`; `chosen` is the field `document_type`, empty for the usual way. Failures (422,
 * field `identifier`): identifier-empty, identifier-long, identifier-fifteen and those of `parseDocument`. They
 * are about the form of what was typed and say nothing about accounts.
 */
export function readIdentifier(raw: string, chosen: string, today: Date): Outcome<Identifier> {
  const typed = raw.trim();
  if (typed === '') return failed('identifier-empty', 422, { field: 'identifier' });
  if (typed.length > LONGEST) return failed('identifier-long', 422, { field: 'identifier' });
  if (isDocumentType(chosen)) return readNumber(typed, chosen, today);
  if (chosen !== '') return failed('document-type', 422, { field: 'document_type' });
  const phone = parsePhone(typed);
  if (phone.ok) return done({ kind: 'phone', phone: phone.value, text: phone.value });
  if (LIKE_CITIZEN_NUMBER.test(typed)) return readNumber(typed, 'citizen-number', today);
  const name = userNameKey(typed);
  return done({ kind: 'user-name', name, text: name });
}

function readNumber(typed: string, type: Document['type'], today: Date): Outcome<Identifier> {
  const parsed = parseDocument(type, typed, today, { field: 'identifier' });
  if (!parsed.ok) {
    // Old 15-digit numbers are understood for migration only; the card in the person's hand has 18.
    const fifteen = type === 'citizen-number' && typed.normalize('NFKC').replace(/\D/g, '').length === 15;
    return fifteen ? failed('identifier-fifteen', 422, { field: 'identifier' }) : parsed;
  }
  const document: Document = { type, number: parsed.value.number };
  return done({ kind: 'document', document, text: parsed.value.number });
}
