/**
 * What becomes of an organisation's account of an old system: a pure function of the row, the organisation that stands
 * under one of its numbers, and what the register of organisations said. Beside matching.ts, and in its tiers: number and
 * name must both agree to link without a human, and a name alone never links anything. There is no tier C: a claim is a
 * person's.
 */
import type { OrganisationId, OrganisationState } from '../accounts/organisation.ts';
import { sameOrganisationName } from '../accounts/organisation-name.ts';
import type { FoundBy } from '../accounts/organisations.ts';
import { NUMBER_REASONS, type Reason } from './matching.ts';
import type { NumberState } from './old-record.ts';

/** What of an old account takes part in the decision. */
export interface OldOrganisationFacts {
  number: NumberState;
  /** Normalised where possible; undefined when the old system has none or a placeholder. */
  name: string | undefined;
  /** Characters of the name were lost, or it holds what no name has. */
  nameDamaged: boolean;
  nameAtLimit: boolean;
  deleted: boolean;
  /** Rows of the same source under the same number: how many have another name than this one. */
  otherNames: number;
  /** The row's own numbers are of different organisations. */
  codesDisagree: boolean;
}

export interface StandingFacts {
  id: OrganisationId;
  state: OrganisationState;
  name: string;
  by: FoundBy;
}

/**
 * `unresolved`: nobody is known under the old number, so there is no credit code to ask about. `revoked` and `dissolved`
 * come with a match. `not-asked` before anybody asked.
 */
export type OrganisationWord =
  | 'match'
  | 'mismatch'
  | 'unknown'
  | 'unresolved'
  | 'revoked'
  | 'dissolved'
  | 'unreachable'
  | 'not-asked';

export type OrganisationVerdict =
  | { outcome: 'same'; tier: 'A'; organisationId: OrganisationId; reasons: Reason[] }
  | { outcome: 'new' | 'waiting'; tier: 'A'; reasons: Reason[] }
  | { outcome: 'doubtful'; tier: 'B'; organisationId?: OrganisationId; reasons: Reason[] }
  | { outcome: 'unusable'; tier: 'D'; reasons: Reason[] };

/** Judges one old account. Total: every combination has an answer, and every answer says why. */
export function judgeOrganisation(
  old: OldOrganisationFacts,
  standing: StandingFacts | undefined,
  said: OrganisationWord,
): OrganisationVerdict {
  if (old.deleted) return unusable('deleted-at-source');
  const number = NUMBER_REASONS[old.number];
  if (number) return unusable(number);
  const own = ownReasons(old);
  if (standing) return judgeAgainst(old, standing, own);
  if (own.length > 0) return doubtful(own);
  return BY_REGISTER[said];
}

/** What is wrong with the row by itself. One number under several names is somebody's number on others' rows. */
function ownReasons({ name, nameDamaged, otherNames, codesDisagree }: OldOrganisationFacts): Reason[] {
  const reasons: Reason[] = [];
  if (codesDisagree) reasons.push('codes-disagree');
  if (!name) reasons.push('name-absent');
  else if (nameDamaged) reasons.push('name-damaged');
  if (otherNames > 0) reasons.push('number-of-several-names');
  return reasons;
}

function judgeAgainst(
  { name, nameDamaged, nameAtLimit }: OldOrganisationFacts,
  standing: StandingFacts,
  own: Reason[],
): OrganisationVerdict {
  const reasons = [...own];
  if (name && !nameDamaged && !sameOrganisationName(name, standing.name))
    reasons.push(nameAtLimit && standing.name.startsWith(name) ? 'name-cut' : 'name-differs');
  if (standing.by === 'inside') reasons.push('code-of-another');
  if (standing.state === 'closed') reasons.push('organisation-closed');
  if (reasons.length > 0) return doubtful(reasons, standing.id);
  return {
    ...{ outcome: 'same', tier: 'A', organisationId: standing.id },
    reasons: ['number-and-name-agree'],
  };
}

const unusable = (reason: Reason): OrganisationVerdict => ({
  ...{ outcome: 'unusable', tier: 'D', reasons: [reason] },
});
const doubtful = (reasons: Reason[], organisationId?: OrganisationId): OrganisationVerdict => ({
  ...{ outcome: 'doubtful', tier: 'B', reasons },
  ...(organisationId === undefined ? {} : { organisationId }),
});

const BY_REGISTER: Record<OrganisationWord, OrganisationVerdict> = {
  match: { outcome: 'new', tier: 'A', reasons: ['register-agrees'] },
  unreachable: { outcome: 'waiting', tier: 'A', reasons: ['register-unreachable'] },
  'not-asked': { outcome: 'waiting', tier: 'A', reasons: ['register-not-asked'] },
  unresolved: doubtful(['number-unresolved']),
  unknown: doubtful(['register-unknown']),
  mismatch: doubtful(['register-mismatch']),
  revoked: doubtful(['organisation-revoked']),
  dissolved: doubtful(['organisation-dissolved']),
};
