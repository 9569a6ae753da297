/** From what an old system says of an account to a row like those of its dumps: cleaned by the same rules. */
import { type Declaration, TOLD } from '../declaration.ts';
import { type OldRecord, readRecord } from '../old-record.ts';
import type { OldIdentity } from '../sources/login-interface.ts';

/** Undefined without an id that can be kept. */
export function readTold(
  declaration: Declaration,
  { localId, number, name, phone }: OldIdentity,
  now: Date,
): OldRecord | undefined {
  const document = declaration.person?.document;
  // Of several kinds of documents the interface does not say which: then the number is nobody's, and is not guessed.
  const type = document === undefined ? 'citizen-number' : document.type;
  const person = { ...TOLD, document: { ...TOLD.document, type } };
  const fields = Object.fromEntries(
    Object.entries({ localId, number, name, phone }).filter(([, value]) => value !== undefined),
  ) as Record<string, string>;
  const read = readRecord({ ...declaration, person }, { at: 0, fields, marks: [] }, now);
  return typeof read === 'string' ? undefined : read;
}
