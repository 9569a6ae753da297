/** From a cleaned record to what rests: content sealed, fingerprints beside it to match by. */
import { keyOf } from '../accounts/document.ts';
import { NAME_DOT } from '../accounts/name.ts';
import { userNameKey } from '../accounts/user-name.ts';
import type { Fingerprinter } from '../platform/seal/fingerprint.ts';
import type { Sealer } from '../platform/seal/sealer.ts';
import type { OldRecord } from './old-record.ts';
import { OLD_ACCOUNT_TABLE, type StagedRow } from './staging-store.ts';

/** The row of a sealed record: the same local id in another system is another row. */
const rowOf = (source: string, localId: string): string => `${source}/${localId}`;

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
    content: sealer.seal(
      { table: OLD_ACCOUNT_TABLE, column: 'content', row: rowOf(source, localId) },
      content,
    ),
    contentPrint: fingerprinter.fingerprint(`old account ${source}`, content),
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

/** Opens what {@link sealRecord} sealed. @throws SealBroken */
export function openRecord(
  sealer: Sealer,
  source: string,
  row: { local_id: string; at: string; content: Buffer },
): OldRecord {
  const place = { table: OLD_ACCOUNT_TABLE, column: 'content', row: rowOf(source, row.local_id) };
  const content = JSON.parse(sealer.open(place, row.content)) as Omit<OldRecord, 'localId' | 'at'>;
  return { ...content, localId: row.local_id, at: Number(row.at) };
}
