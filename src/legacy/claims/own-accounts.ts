/** A person's old accounts, and saying that one is not theirs. */
import { maskIdentifier } from '../../accounts/mask.ts';
import type { PersonId } from '../../accounts/person.ts';
import { done, failed, type Outcome } from '../../platform/failure.ts';
import type { Declaration } from '../declaration.ts';
import { disputeLink } from '../link.ts';
import { openRecord } from '../staged-row.ts';
import { lockOwn, oldAccountsOf } from './claim-store.ts';
import type { makeDeclarationReader } from './claimable-systems.ts';
import type { Asking, ClaimRoom } from './claims.ts';

export interface OwnOldAccount {
  /** Names this link in a form; opaque. */
  link: string;
  /** Undefined where the declaration cannot be read any more. */
  title: Declaration['title'] | undefined;
  source: string;
  /** Masked. */
  userName: string | undefined;
  localId: string;
  since: Date;
  how: 'agreed' | 'decided' | 'claimed';
  /** The person's account was opened for it. */
  opened: boolean;
  /** The person said that it is not theirs, and people look into it. */
  disputed: boolean;
}

/** More than anybody has; the oldest links are left out. */
const MOST = 100;

export async function listOwn(
  { database, sealer }: Pick<ClaimRoom, 'database' | 'sealer'>,
  read: ReturnType<typeof makeDeclarationReader>,
  personId: PersonId,
): Promise<OwnOldAccount[]> {
  const rows = await oldAccountsOf(database, personId, MOST);
  return rows.map((row) => {
    const { userName, localId } = openRecord(sealer, row.source, row);
    return {
      link: row.id,
      title: read(row.source, row.declaration)?.title,
      source: row.source,
      userName: userName === undefined ? undefined : maskIdentifier(userName),
      localId: maskIdentifier(localId),
      since: row.since,
      how: howLinked(row.reasons),
      opened: row.opened,
      disputed: row.contested === 'disputed',
    };
  });
}

function howLinked(reasons: readonly string[]): OwnOldAccount['how'] {
  if (reasons.includes('decided')) return 'decided';
  return reasons.some((reason) => reason.startsWith('claimed-by-')) ? 'claimed' : 'agreed';
}

/**
 * Takes a link back at once, for good until people decide; one that opened the person's account stays, and its department
 * is told of it no more. Failure `old-account-not-linked` 404, also for another person's link.
 */
export async function denyOwn(
  { database, trail, clock, tell }: ClaimRoom,
  {
    personId,
    link,
    source: address,
    reference,
    channel,
  }: Omit<Asking, 'system' | 'oldName'> & { link: string },
): Promise<Outcome<{ undone: boolean }>> {
  if (!/^\d{1,18}$/.test(link)) return failed('old-account-not-linked', 404);
  return database.transaction(async (tx) => {
    const own = await lockOwn(tx, link, personId);
    if (!own || own.contested === 'disputed') return failed('old-account-not-linked', 404);
    const { source, local_id: localId, opened } = own;
    const undone = await disputeLink({ clock, tell }, tx, { source, localId, personId, opened });
    await trail.append(tx, {
      type: 'old-account.disputed',
      ...{ personId, actor: 'self', channel, source: address, reference },
      outcome: 'success',
      detail: { source, undone },
    });
    return done({ undone });
  });
}
