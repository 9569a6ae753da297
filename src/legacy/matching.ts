/**
 * What becomes of an account of an old system: a pure function of the row, the account that already stands under its
 * number, and what the population register said. Identity number and name must both agree to link without a human;
 * a phone, a name or a birth date alone never link anything.
 */
import type { PersonId, PersonState } from '../accounts/person.ts';
import { matchNames, type NameMatch } from './name-match.ts';

/** What of an old account takes part in the decision. */
export interface OldAccount {
  /** Whether the row has a number that an account can stand on. */
  number: 'valid' | 'invalid' | 'damaged' | 'placeholder' | 'absent';
  /** The name, normalised where possible; undefined or empty when the old system has none or a placeholder. */
  name: string | undefined;
  /** The name's column looks as if it cut longer names off at this one's length. */
  nameAtLimit: boolean;
  /** The name is that of an organisation, a department or a test. */
  nameOfNobody: boolean;
  /** Whether the owner could prove the old account later: it has a password or a phone. */
  provable: boolean;
  /** Deleted in the old system. */
  deleted: boolean;
  /** Rows of the same source under the same number: how many have another name than this one. */
  otherNames: number;
}

/** The account that already stands under the number. */
export interface StandingAccount {
  id: PersonId;
  state: PersonState;
  name: string;
}

/** As the register's port says it, `deceased` apart; `not-asked` before anybody asked. */
export type RegisterWord = 'match' | 'mismatch' | 'unknown' | 'deceased' | 'unreachable' | 'not-asked';

/**
 * A: number and name agree, linked by itself. B: a person decides. C: the owner may claim it, nobody else can tell.
 * D: of no use, kept for the department.
 */
export type Tier = 'A' | 'B' | 'C' | 'D';

export type Reason =
  | 'number-and-name-agree'
  | 'register-agrees'
  | 'deleted-at-source'
  | 'number-absent'
  | 'number-invalid'
  | 'number-damaged'
  | 'number-placeholder'
  | 'number-of-several-names'
  | 'number-unresolved'
  | 'codes-disagree'
  | 'code-of-another'
  | 'name-absent'
  | 'name-of-nobody'
  | 'name-cut'
  | 'name-damaged'
  | 'name-differs'
  | 'account-frozen'
  | 'account-closed'
  | 'person-deceased'
  | 'organisation-closed'
  | 'organisation-revoked'
  | 'organisation-dissolved'
  | 'register-mismatch'
  | 'register-unknown'
  | 'register-unreachable'
  | 'register-not-asked'
  | 'claimed-by-password'
  | 'claimed-by-phone'
  | 'number-of-another'
  | 'rejected-before'
  | 'disputed-by-owner';

/**
 * same: belongs to `personId`. new: opens an account. doubtful: a case (tier B) or a claim (tier C). unusable: archived.
 * waiting: nothing is wrong, the register has not answered yet.
 */
export type Verdict =
  | { outcome: 'same'; tier: 'A'; personId: PersonId; reasons: Reason[] }
  | { outcome: 'new'; tier: 'A'; reasons: Reason[] }
  | { outcome: 'waiting'; tier: 'A'; reasons: Reason[] }
  | { outcome: 'doubtful'; tier: 'B' | 'C'; personId?: PersonId; reasons: Reason[] }
  | { outcome: 'unusable'; tier: 'D'; reasons: Reason[] };

/** Judges one old account. Total: every combination has an answer, and every answer says why. */
export function judge(old: OldAccount, standing: StandingAccount | undefined, said: RegisterWord): Verdict {
  if (old.deleted) return unusable('deleted-at-source');
  const number = NUMBER_REASONS[old.number];
  if (number) return old.provable ? claim(number) : unusable(number);
  const name = nameReason(old);
  if (standing) return judgeAgainst(old, standing, name);
  if (name) return doubtful([name]);
  return judgeByRegister(old, said);
}

export const NUMBER_REASONS: Record<OldAccount['number'], Reason | undefined> = {
  valid: undefined,
  invalid: 'number-invalid',
  damaged: 'number-damaged',
  placeholder: 'number-placeholder',
  absent: 'number-absent',
};

const STATE_REASONS: Record<PersonState, Reason | undefined> = {
  active: undefined,
  frozen: 'account-frozen',
  closed: 'account-closed',
  deceased: 'person-deceased',
  // The state is that of the account that answers for it, which never is a merged one.
  merged: 'account-closed',
};

const MATCH_REASONS: Record<Exclude<NameMatch, 'same'>, Reason> = {
  cut: 'name-cut',
  damaged: 'name-damaged',
  different: 'name-differs',
};

/** What is wrong with the name by itself. One number under several names is somebody's number on others' rows. */
function nameReason(old: OldAccount): Reason | undefined {
  if (!old.name) return 'name-absent';
  if (old.nameOfNobody) return 'name-of-nobody';
  return old.otherNames > 0 ? 'number-of-several-names' : undefined;
}

function judgeAgainst(
  old: OldAccount,
  { id, state, name: standingName }: StandingAccount,
  name: Reason | undefined,
): Verdict {
  const reasons: Reason[] = name ? [name] : [];
  const match = !old.name ? undefined : matchNames(old.name, standingName);
  if (match !== undefined && match !== 'same') reasons.push(MATCH_REASONS[match]);
  const stopped = STATE_REASONS[state];
  if (stopped) reasons.push(stopped);
  if (reasons.length > 0) return doubtful(reasons, id);
  return { outcome: 'same', tier: 'A', personId: id, reasons: ['number-and-name-agree'] };
}

function judgeByRegister(old: OldAccount, said: RegisterWord): Verdict {
  switch (said) {
    case 'match':
      return { outcome: 'new', tier: 'A', reasons: ['register-agrees'] };
    case 'deceased':
      return doubtful(['person-deceased']);
    case 'unreachable':
      return { outcome: 'waiting', tier: 'A', reasons: ['register-unreachable'] };
    case 'not-asked':
      return { outcome: 'waiting', tier: 'A', reasons: ['register-not-asked'] };
    case 'unknown':
      return doubtful(['register-unknown']);
    case 'mismatch':
      // A cut name never agrees with the register: say what it likely is, not only that it failed.
      return doubtful(old.nameAtLimit ? ['register-mismatch', 'name-cut'] : ['register-mismatch']);
  }
}

const unusable = (reason: Reason): Verdict => ({ outcome: 'unusable', tier: 'D', reasons: [reason] });
const claim = (reason: Reason): Verdict => ({ outcome: 'doubtful', tier: 'C', reasons: [reason] });
const doubtful = (reasons: Reason[], personId?: PersonId): Verdict =>
  personId === undefined
    ? { outcome: 'doubtful', tier: 'B', reasons }
    : { outcome: 'doubtful', tier: 'B', personId, reasons };
