/**
 * A citizen claims an old account: signed in here, and proving the old one by its password or by a code to its phone.
 * Unknown accounts, those that belong to somebody and wrong proofs get one answer after the same work, and nobody is told
 * which. What a proven claim becomes says claim-rule.ts.
 */
import type { Accounts } from '../../accounts/accounts.ts';
import type { PersonId } from '../../accounts/person.ts';
import type { AuditTrail } from '../../audit/trail.ts';
import type { Hasher } from '../../credentials/hasher.ts';
import type { SamePace } from '../../credentials/same-pace.ts';
import type { SmsCodes } from '../../credentials/sms-code.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Outcome } from '../../platform/failure.ts';
import type { Limits } from '../../platform/limits.ts';
import type { Log } from '../../platform/observe/log.ts';
import type { Language } from '../../platform/page/language.ts';
import type { Database } from '../../platform/postgres.ts';
import type { Fingerprinter } from '../../platform/seal/fingerprint.ts';
import type { Sealer } from '../../platform/seal/sealer.ts';
import type { TellNews } from '../news.ts';
import { claimByCode, type SentClaimCode, sendClaimCode } from './claim-by-code.ts';
import { claimByPassword } from './claim-by-password.ts';
import { makeClaimLimits } from './claim-limits.ts';
import type { Claimed } from './claim-settled.ts';
import { type ClaimableSystem, listClaimable, makeDeclarationReader } from './claimable-systems.ts';
import { denyOwn, listOwn, type OwnOldAccount } from './own-accounts.ts';

export interface ClaimRoom {
  database: Database;
  accounts: Pick<Accounts, 'get' | 'hold'>;
  sealer: Sealer;
  fingerprinter: Fingerprinter;
  hasher: Hasher;
  smsCodes: Pick<SmsCodes, 'send' | 'verify'>;
  limits: Limits;
  pace: SamePace;
  trail: AuditTrail;
  clock: Clock;
  tell?: TellNews | undefined;
  log: Pick<Log, 'warn'>;
}

/** Who asks, from where, and for what. */
export interface Asking {
  personId: PersonId;
  /** The old system, by its short name. */
  system: string;
  /** Their user name or id there, as typed. */
  oldName: string;
  /** Address of the browser. */
  source: string;
  channel: string;
  reference: string;
}

/** Failures of all three ways: `claim-refused` 422, `claim-wait` 429, `claim-level` 403. */
export interface OldAccountClaims {
  systems(): Promise<ClaimableSystem[]>;
  /** The person's old accounts, masked. */
  mine(personId: PersonId): Promise<OwnOldAccount[]>;
  /** Also `busy` 503. Takes as long for everybody who is refused. */
  byPassword(asking: Asking & { password: string }): Promise<Outcome<Claimed>>;
  /** Sends a code if there is such an account with a phone. The answer and its time do not tell. @param session the browser's */
  sendCode(asking: Asking & { session: string; language: Language }): Promise<Outcome<SentClaimCode>>;
  /** Also `sms-code-form` 422, and `claim-code-refused` 422 in place of `claim-refused`. */
  byCode(asking: Asking & { session: string; code: string }): Promise<Outcome<Claimed>>;
  /** See {@link denyOwn}. */
  notMine(
    asking: Omit<Asking, 'system' | 'oldName'> & { link: string },
  ): Promise<Outcome<{ undone: boolean }>>;
}

export function openClaims(room: ClaimRoom): OldAccountClaims {
  const { database, clock } = room;
  const read = makeDeclarationReader();
  const counted = makeClaimLimits(room.limits, room.fingerprinter);
  return {
    systems: () => listClaimable(database, read, clock.now()),
    mine: (personId) => listOwn(room, read, personId),
    byPassword: (asking) => claimByPassword(room, counted, asking),
    sendCode: (asking) => sendClaimCode(room, counted, asking),
    byCode: (asking) => claimByCode(room, counted, asking),
    notMine: (asking) => denyOwn(room, asking),
  };
}
