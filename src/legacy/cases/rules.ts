/** What may be decided on a doubtful old account, and when a second person must agree. One table, no database. */
import type { OrganisationState } from '../../accounts/organisation.ts';
import type { IdentityLevel, PersonState } from '../../accounts/person.ts';
import type { Reason } from '../matching.ts';
import type { NumberState } from '../old-record.ts';

export const CASE_ACTIONS = ['link', 'create', 'reject', 'wait'] as const;
export type CaseAction = (typeof CASE_ACTIONS)[number];

export interface CaseFacts {
  number: NumberState;
  /** The account under the number. */
  standing: CaseTarget | undefined;
  /** The account that is to be linked to; the one under the number unless another was named. */
  target: (CaseTarget & { underNumber: boolean }) | undefined;
  /** Disputed by its person, and still linked because the link opened the account: to the target, or not. */
  linked?: 'to-target' | 'elsewhere' | undefined;
}

export interface CaseTarget {
  state: PersonState;
  identityLevel: IdentityLevel;
}

export type CaseRefusal =
  | 'case-no-account'
  | 'case-person-stopped'
  | 'case-number-needed'
  | 'case-account-there'
  | 'case-linked';

export type Ruling = { allowed: true; secondPerson: boolean } | { allowed: false; why: CaseRefusal };

/** An account whose owner has shown more than a number: what is tied to it, its owner's applications will see. */
export const REAL_NAME: IdentityLevel = 2;

const allowed = (secondPerson = false): Ruling => ({ allowed: true, secondPerson });
const refused = (why: CaseRefusal): Ruling => ({ allowed: false, why });

const RULES: Record<CaseAction, (facts: CaseFacts) => Ruling> = {
  link({ target }) {
    if (!target) return refused('case-no-account');
    if (target.state !== 'active') return refused('case-person-stopped');
    return allowed(!target.underNumber || target.identityLevel >= REAL_NAME);
  },
  create({ number, standing }) {
    if (number !== 'valid') return refused('case-number-needed');
    return standing ? refused('case-account-there') : allowed();
  },
  reject: () => allowed(),
  wait: () => allowed(),
};

/** Whether an action may be taken, and by how many. */
export function ruleOn(action: CaseAction, facts: CaseFacts): Ruling {
  const stays = action === 'wait' || (action === 'link' && facts.linked === 'to-target');
  return facts.linked && !stays ? refused('case-linked') : RULES[action](facts);
}

export interface OrganisationCaseFacts {
  /** link: the organisation that is to be linked to, and whether one of the row's own numbers finds it as its own. */
  target: { state: OrganisationState; underNumber: boolean } | undefined;
  /** create: whether a code is there to open one under, and an organisation stands under it already. */
  code: 'absent' | 'free' | 'taken';
  /** create: whether the code is the row's own, and the register agrees with it and the name. */
  proven: boolean;
}

const ORGANISATION_RULES: Record<CaseAction, (facts: OrganisationCaseFacts) => Ruling> = {
  link({ target }) {
    if (!target) return refused('case-no-account');
    if (target.state !== 'active') return refused('case-person-stopped');
    return allowed(!target.underNumber);
  },
  create({ code, proven }) {
    if (code === 'absent') return refused('case-number-needed');
    // What no register keeps (organs, institutions, monasteries) two people may open on its papers.
    return code === 'taken' ? refused('case-account-there') : allowed(!proven);
  },
  reject: () => allowed(),
  wait: () => allowed(),
};

/** As {@link ruleOn}, for an organisation's old account. */
export const ruleOnOrganisation = (action: CaseAction, facts: OrganisationCaseFacts): Ruling =>
  ORGANISATION_RULES[action](facts);

/** What each reason speaks for; the first that applies, in the order in which a person would look. */
const PROPOSALS: readonly { reason: Reason; action: CaseAction; why: string }[] = [
  { reason: 'disputed-by-owner', action: 'reject', why: 'whom it was linked to says that it is not theirs' },
  { reason: 'person-deceased', action: 'reject', why: 'the person has died' },
  { reason: 'account-closed', action: 'reject', why: 'the account was closed' },
  { reason: 'account-frozen', action: 'wait', why: 'the account is frozen' },
  { reason: 'organisation-dissolved', action: 'reject', why: 'the organisation is no more' },
  { reason: 'organisation-closed', action: 'reject', why: 'the organisation is closed here' },
  { reason: 'organisation-revoked', action: 'wait', why: 'the organisation may only wind up' },
  { reason: 'codes-disagree', action: 'wait', why: 'the department must say which organisation it is' },
  {
    reason: 'code-of-another',
    action: 'link',
    why: 'an organisation code belongs to one organisation: its credit code was probably changed',
  },
  { reason: 'number-unresolved', action: 'wait', why: 'the department must say which organisation it is' },
  { reason: 'name-of-nobody', action: 'reject', why: 'the name is no person’s' },
  {
    reason: 'number-of-several-names',
    action: 'wait',
    why: 'one number under several names: the department must say whose it is',
  },
  { reason: 'name-differs', action: 'wait', why: 'the department must say whose it is' },
  { reason: 'name-cut', action: 'link', why: 'one name is the beginning of the other' },
  { reason: 'name-damaged', action: 'link', why: 'the names agree but for lost characters' },
  { reason: 'name-absent', action: 'wait', why: 'without a name its owner may claim it' },
  {
    reason: 'number-of-another',
    action: 'wait',
    why: 'the department must say whose it is: the number or who claimed it',
  },
  { reason: 'register-mismatch', action: 'wait', why: 'the register knows the number under another name' },
  { reason: 'register-unknown', action: 'wait', why: 'the register does not know the number' },
];

/** What is proposed to the person who decides, and why. Where nobody stands, a link becomes the opening of an account. */
export function propose(reasons: readonly Reason[], standing: boolean): { action: CaseAction; why: string } {
  const found = PROPOSALS.find(({ reason }) => reasons.includes(reason));
  if (!found) return { action: 'wait', why: 'nothing speaks for any' };
  return { action: found.action === 'link' && !standing ? 'create' : found.action, why: found.why };
}
