/** What a claim comes to, once it is proven or refused: shared by both ways of proving. */
import { userNameKey } from '../../accounts/user-name.ts';
import { done, failed, type Outcome } from '../../platform/failure.ts';
import { linkClaimed } from '../link.ts';
import type { Reason } from '../matching.ts';
import type { OldRecord } from '../old-record.ts';
import { cleanField } from '../sources/clean.ts';
import { openRecord, userNameDomain } from '../staged-row.ts';
import { CLAIM_LEVEL, type ClaimWay, judgeClaim } from './claim-rule.ts';
import { type ClaimableRow, contest, findClaimable, lockClaimable } from './claim-store.ts';
import type { Asking, ClaimRoom } from './claims.ts';

/** `case`: it was proven, and something speaks against it, so that people look first. */
export interface Claimed {
  state: 'linked' | 'case';
}

export interface Found {
  row: ClaimableRow;
  record: OldRecord;
}

/** Longer than any id or user name that is staged. */
const LONGEST = 200;

/** The account that was named, if it is nobody's and was in use there. */
export async function findNamed(
  { database, sealer, fingerprinter }: ClaimRoom,
  { system, oldName }: Asking,
): Promise<Found | undefined> {
  // Cleaned as it was when it was staged. What is too long finds nothing, by the same road.
  const typed = cleanField(oldName.slice(0, LONGEST * 4), 'code').value;
  const prints = fingerprinter.all(userNameDomain(system), userNameKey(typed));
  const row = await findClaimable(database, system, typed, prints);
  if (!row || row.person_id !== null) return undefined;
  const record = openRecord(sealer, system, row);
  return record.disabled ? undefined : { row, record };
}

/** What stands for the account in counters: the account itself, or what was typed where there is none. */
export const countedAs = (found: Found | undefined, { oldName }: Asking): string =>
  found ? `found ${found.row.local_id}` : `typed ${userNameKey(oldName.slice(0, LONGEST))}`;

/**
 * Links what was proven, or makes it a case; judged once more in the transaction that acts. Undefined where it has become
 * another's meanwhile, or is not what was proven any more. Failure `claim-level` 403.
 */
export function settleClaim(
  { database, accounts, sealer, trail, clock, tell }: ClaimRoom,
  way: ClaimWay,
  asking: Asking,
  { row: was, record: proven }: Found,
): Promise<Outcome<Claimed> | undefined> {
  const { personId, system: source } = asking;
  const localId = was.local_id;
  return database.transaction(async (tx) => {
    const row = await lockClaimable(tx, source, localId);
    if (!row || row.person_id !== null) return undefined;
    const record = openRecord(sealer, source, row);
    const same =
      way === 'password'
        ? row.password !== null && row.print !== null && was.print?.equals(row.print)
        : record.phone === proven.phone;
    if (!same || record.disabled) return undefined;
    await accounts.hold(tx, [personId]);
    const person = await accounts.get(personId, tx);
    if (person?.state !== 'active' || person.identityLevel < CLAIM_LEVEL) return failed('claim-level', 403);
    const { becomes, reasons } = judgeClaim(way, record, person, row);
    if (becomes === 'link') {
      await linkClaimed({ clock, tell }, tx, { source, localId, personId, reasons });
      await trail.append(tx, entryOf(asking, 'old-account.claimed', { way, reasons }));
      return done({ state: 'linked' });
    }
    const again = row.contested === 'disputed' ? 'disputed' : 'claimed';
    await contest(tx, { source, localId }, again, { reasons, claimant: personId, now: clock.now() });
    await trail.append(tx, entryOf(asking, 'old-account.claim-refused', { way, why: 'case', reasons }));
    return done({ state: 'case' });
  });
}

/** Writes down that a claim was refused. What was not even tried (`claim-wait`) is not: nobody fills the trail with it. */
export const recordRefusal = ({ trail }: ClaimRoom, asking: Asking, way: ClaimWay): Promise<void> =>
  trail.record(entryOf(asking, 'old-account.claim-refused', { way, why: 'not-proven' }));

/** Neither the id nor the user name: the trail says who, and of which system. */
const entryOf = (
  { personId, system, source, channel, reference }: Asking,
  type: 'old-account.claimed' | 'old-account.claim-refused',
  { reasons = [], ...detail }: { way: ClaimWay; why?: string; reasons?: readonly Reason[] },
) => ({
  ...{ type, personId, actor: 'self', channel, source, reference },
  outcome: type === 'old-account.claimed' ? ('success' as const) : ('failure' as const),
  detail: { source: system, ...detail, ...(reasons.length > 0 ? { reasons: [...reasons] } : {}) },
});
