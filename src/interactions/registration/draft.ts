/**
 * The rules of a registration: what was typed becomes a draft, field by field, and every field at fault says
 * what is wrong with it. Pure; no database, no page.
 */

import { type DocumentType, isDocumentType, parseDocument } from '../../accounts/id-number.ts';
import { normaliseName, normaliseTibetanName } from '../../accounts/name.ts';
import type { PersonDraft } from '../../accounts/person.ts';
import type { PersonFacts, PreparedHash } from '../../credentials/password.ts';
import { done, type Failure, failed, type Outcome } from '../../platform/failure.ts';
import type { RegistrationNote } from '../notes.ts';

export type RegistrationStep = 'identity' | 'phone' | 'password' | 'check';

/** The first step that still lacks something; `check` when all is there. */
export function nextRegistrationStep(note: RegistrationNote): RegistrationStep {
  if (!note.documentNumber || !note.name || !note.notice) return 'identity';
  if (!note.phone || !note.phoneProvenAt) return 'phone';
  return note.password ? 'check' : 'password';
}

/** The fields of the first form, as typed. */
export interface TypedIdentity {
  documentType: string;
  documentNumber: string;
  country: string;
  name: string;
  tibetanName: string;
  acceptsNotice: boolean;
}

/** What the typed identity is as a person; the phone and the level come later. */
export type ReadIdentity = Pick<PersonDraft, 'document' | 'name' | 'tibetanName' | 'gender' | 'birthdate'>;

/** All faults at once, so that nobody mends a form in five rounds. */
export function readIdentity(
  typed: TypedIdentity,
  today: Date,
): { ok: true; value: ReadIdentity } | { ok: false; failures: Failure[] } {
  const failures: Failure[] = [];
  const keep = <Value>(outcome: Outcome<Value>): Value | undefined => {
    if (outcome.ok) return outcome.value;
    failures.push(outcome.failure);
    return undefined;
  };
  const document = keep(readDocument(typed, today));
  const name = keep(normaliseName(typed.name));
  const tibetanName =
    typed.tibetanName.trim() === '' ? undefined : keep(normaliseTibetanName(typed.tibetanName));
  if (!typed.acceptsNotice)
    failures.push(failed('notice-not-accepted', 422, { field: 'accept_notice' }).failure);
  if (failures.length > 0 || !document || !name) return { ok: false, failures };
  const { type, number, country, gender, birthdate } = document;
  return {
    ok: true,
    value: {
      document: { type, number, ...(country ? { country } : {}) },
      name,
      ...(tibetanName ? { tibetanName } : {}),
      ...(gender ? { gender } : {}),
      ...(birthdate ? { birthdate } : {}),
    },
  };
}

function readDocument(typed: TypedIdentity, today: Date): ReturnType<typeof parseDocument> {
  const type: DocumentType | '' = isDocumentType(typed.documentType) ? typed.documentType : '';
  if (type === '') return failed('document-type', 422, { field: 'document_type' });
  const parsed = parseDocument(type, typed.documentNumber, today, { country: typed.country });
  if (parsed.ok && type === 'foreign-passport' && parsed.value.country === undefined) {
    return failed('document-country', 422, { field: 'country' });
  }
  return parsed;
}

/** Reads a note's identity again, at the end of the road. */
export function identityOf(note: RegistrationNote, today: Date): ReadIdentity | undefined {
  const read = readIdentity(
    {
      documentType: note.documentType ?? '',
      documentNumber: note.documentNumber ?? '',
      country: note.country ?? '',
      name: note.name ?? '',
      tibetanName: note.tibetanName ?? '',
      acceptsNotice: note.notice !== undefined,
    },
    today,
  );
  return read.ok ? read.value : undefined;
}

/** What a password may not contain. */
export function factsOf(identity: ReadIdentity, phone: string | undefined): PersonFacts {
  const { document, name, birthdate } = identity;
  return {
    documentNumber: document.number,
    name,
    ...(phone ? { phone } : {}),
    ...(birthdate ? { birthdate } : {}),
  };
}

/** Everything an account needs, put together; undefined while something is missing. */
export function completeDraft(
  note: RegistrationNote,
  today: Date,
): Outcome<{
  identity: ReadIdentity;
  phone: string;
  phoneProvenAt: Date;
  password: PreparedHash;
  notice: string;
}> {
  const identity = identityOf(note, today);
  const { phone, phoneProvenAt, password, notice } = note;
  if (!identity || !phone || !phoneProvenAt || !password || !notice)
    return failed('registration-incomplete', 409);
  return done({ identity, phone, phoneProvenAt: new Date(phoneProvenAt), password, notice: notice.version });
}

/** Whole years on a day in China; the birthday itself counts. Who was born on 29 February waits for 1 March. */
export function ageOn(birthdate: string, today: Date): number {
  const [year = 0, month = 0, day = 0] = birthdate.split('-').map(Number);
  const local = new Date(today.getTime() + 8 * 3_600_000);
  const had =
    local.getUTCMonth() + 1 > month || (local.getUTCMonth() + 1 === month && local.getUTCDate() >= day);
  return local.getUTCFullYear() - year - (had ? 0 : 1);
}
