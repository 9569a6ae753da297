/**
 * What a "yes" of an old system is worth. Its word proves one of its own accounts and nothing else: whose that account
 * is, number, name and register say, as for a row of a dump. What was decided here stays decided: an account whose link
 * was taken back, whose case was rejected, or that a dump marks deleted does not come back by a sign-in.
 */
import type { Accounts } from '../../accounts/accounts.ts';
import { type Document, keyOf } from '../../accounts/document.ts';
import type { PersonId } from '../../accounts/person.ts';
import type { AuditTrail } from '../../audit/trail.ts';
import type { TypedIdentifier } from '../../credentials/old-passwords.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/postgres.ts';
import type { Fingerprinter } from '../../platform/seal/fingerprint.ts';
import type { Sealer } from '../../platform/seal/sealer.ts';
import type { PopulationRegister } from '../../registries/registry.ts';
import { type Judged, judgeRows, makeAsker, toVerdictRow } from '../judging.ts';
import { writeVerdicts } from '../matching-store.ts';
import type { OldRecord } from '../old-record.ts';
import type { OldIdentity } from '../sources/login-interface.ts';
import { openRecord, sealRecord } from '../staged-row.ts';
import { putTold, readTold as readRow, type ToldRow } from './lazy-store.ts';
import type { LoginSystem } from './login-systems.ts';
import { readTold } from './told.ts';

export interface JudgeToldRoom {
  database: Database;
  accounts: Accounts;
  sealer: Sealer;
  fingerprinter: Fingerprinter;
  trail: AuditTrail;
  clock: Clock;
  population: PopulationRegister;
}

/** An old account that may let somebody in, if nothing changes until the transaction that acts. */
export interface RightOne {
  source: string;
  localId: string;
  record: OldRecord;
  /** Of the record: it is this that the register agreed to. */
  contentPrint: Buffer;
  /** Whose it is already. */
  linkedTo: PersonId | undefined;
}

/** Why an old account that answered may open nothing; undefined where nothing stands against it. */
export function barOf(row: ToldRow, record: OldRecord): string | undefined {
  if (row.deleted || record.deleted) return 'deleted-at-source';
  if (record.disabled) return 'disabled-at-source';
  // Linked again since, by an operator: then that counts.
  if (row.person_id !== null) return undefined;
  if (row.undone) return 'link-undone';
  if (row.set_aside) return 'case-decided';
  return row.proposed ? 'case-proposed' : undefined;
}

const sameNumber = (one: Document, other: Document): boolean =>
  one.type === other.type && keyOf(one) === keyOf(other);

/**
 * Stages what was told where it is new, and judges it with the register asked now. `meant`: whose identifier it was that
 * the person typed.
 */
export async function judgeTold(
  room: JudgeToldRoom,
  { source, declaration }: LoginSystem,
  identity: OldIdentity,
  { typed, meant }: { typed: TypedIdentifier; meant: PersonId | undefined },
): Promise<RightOne | 'refused' | 'later'> {
  const { database, sealer, fingerprinter, clock, trail } = room;
  const now = clock.now();
  const refuse = async (why: string, judged?: Judged): Promise<'refused'> => {
    await database.transaction(async (tx) => {
      if (judged) await writeVerdicts(tx, source, [toVerdictRow(judged)], clock.now());
      await trail.append(tx, {
        type: 'old-login.refused',
        ...(meant ? { personId: meant } : {}),
        actor: 'self',
        outcome: 'failure',
        detail: { source, why },
      });
    });
    return 'refused';
  };

  const told = readTold(declaration, identity, now);
  if (!told) return refuse('local-id');
  const { localId } = told;
  const place = { source, keyId: fingerprinter.currentKeyId, now };
  await database.transaction((tx) => putTold(tx, place, sealRecord(room, source, told)));
  const row = await readRow(database, source, localId);
  if (!row) return refuse('gone');
  const record = openRecord(sealer, source, row);
  const { content_print: contentPrint } = row;
  const contradiction = contradictionOf(record, told, typed);
  const bar = contradiction ?? barOf(row, record);
  if (bar) return refuse(bar);

  const linkedTo = row.person_id ?? undefined;
  if (linkedTo) {
    if (meant !== undefined && meant !== linkedTo) return refuse('another-person');
    return row.opened ? { source, localId, record, contentPrint, linkedTo } : refuse('opened-by-its-owner');
  }
  if (meant !== undefined) return refuse('another-account');
  // Whatever the register said before: it is asked now.
  const ask = makeAsker(room.population, { parallel: 1, budget: 1 });
  const [judged] = await judgeRows(room, database, source, [{ ...row, register_said: null }], { ask });
  const { verdict } = judged!;
  if (verdict.outcome !== 'new' && verdict.outcome !== 'waiting') {
    // Another sign-in of the same person may have been quicker.
    const now = await readRow(database, source, localId);
    if (now?.person_id && now.opened)
      return { source, localId, record, contentPrint, linkedTo: now.person_id };
    return refuse(verdict.reasons.join(' '), judged);
  }
  await writeVerdicts(database, source, [toVerdictRow(judged!)], clock.now());
  return verdict.outcome === 'new' ? { source, localId, record, contentPrint, linkedTo } : 'later';
}

/** Where what stands of the account, what is told of it and what was typed do not speak of one number. */
function contradictionOf(
  staged: OldRecord,
  told: OldRecord,
  { document }: TypedIdentifier,
): string | undefined {
  const numbers = [staged.number, told.number].flatMap((number) =>
    number.state === 'valid' ? [number.document] : [],
  );
  const [first, second] = numbers;
  if (first && second && !sameNumber(first, second)) return 'number-told-otherwise';
  if (document && numbers.some((number) => !sameNumber(number, document))) return 'another-number';
  return undefined;
}
