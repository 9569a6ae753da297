/** From a cleaned record to what rests: content sealed, fingerprints beside it to match by. */
import { keyOf } from '../accounts/document.ts';
import { NAME_DOT } from '../accounts/name.ts';
import { userNameKey } from '../accounts/user-name.ts';
import type { Fingerprinter } from '../platform/seal/fingerprint.ts';
import type { Place, Sealer } from '../platform/seal/sealer.ts';
import type { OldRecord } from './old-record.ts';
import { OLD_ACCOUNT_TABLE, type StagedRow } from './staging-store.ts';

/** The row of a sealed record: the same local id in another system is another row. */
const placeOf = (source: string, localId: string): Place => ({
  table: OLD_ACCOUNT_TABLE,
  column: 'content',
  row: `${source}/${localId}`,
});

export function sealRecord(
  { sealer, fingerprinter }: { sealer: Sealer; fingerprinter: Fingerprinter },
  source: string,
  record: OldRecord,
): StagedRow {
  // The password rests apart (old-password.ts): it goes long before the rest does.
  const { localId, at, number, password: _, ...rest } = record;
  const content = JSON.stringify({ ...rest, number });
  const { name, userName } = record;
  return {
    localId,
    at,
    ...sealContent({ sealer, fingerprinter }, source, localId, content),
    numberState: number.state,
    documentType: number.state === 'valid' ? number.document.type : undefined,
    // Under the name that accounts are found by, so that both can be compared without opening a seal.
    numberPrint:
      number.state === 'valid'
        ? fingerprinter.fingerprint(`person ${number.document.type}`, keyOf(number.document))
        : undefined,
    namePrint:
      name === undefined
        ? undefined
        : fingerprinter.fingerprint('old account name', name.replaceAll(NAME_DOT, '')),
    userNamePrint:
      userName === undefined
        ? undefined
        : fingerprinter.fingerprint(userNameDomain(source), userNameKey(userName)),
    provable: record.provable,
    deleted: record.deleted,
    marks: record.marks,
  };
}

/** Under which user names of a system are found; each looked for as {@link userNameKey} writes it. */
export const userNameDomain = (source: string): string => `old account user name ${source}`;

/** What is sealed of a row, and the fingerprint that tells whether a later dump changes it. */
export const sealContent = (
  { sealer, fingerprinter }: { sealer: Sealer; fingerprinter: Fingerprinter },
  source: string,
  localId: string,
  content: string,
): Pick<StagedRow, 'content' | 'contentPrint'> => ({
  content: sealer.seal(placeOf(source, localId), content),
  contentPrint: fingerprinter.fingerprint(`old account ${source}`, content),
});

export interface SealedRow {
  local_id: string;
  at: string;
  content: Buffer;
}

export const openContent = (sealer: Sealer, source: string, { local_id, content }: SealedRow): string =>
  sealer.open(placeOf(source, local_id), content);

/** Opens what {@link sealRecord} sealed. @throws SealBroken */
export function openRecord(sealer: Sealer, source: string, row: SealedRow): OldRecord {
  const content = JSON.parse(openContent(sealer, source, row)) as Omit<OldRecord, 'localId' | 'at'>;
  return { ...content, localId: row.local_id, at: Number(row.at) };
}
