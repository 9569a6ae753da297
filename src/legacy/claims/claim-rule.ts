/**
 * What becomes of a claim that was proven. A pure function. The password of an old account opened it there, so it gives
 * nobody what they did not have. A code proves only to hold a phone, which carriers give to new people and families share:
 * then the name must agree too. A number of somebody else speaks against both.
 */
import { keyOf } from '../../accounts/document.ts';
import type { IdentityLevel, Person } from '../../accounts/person.ts';
import type { Reason } from '../matching.ts';
import { matchNames, type NameMatch } from '../name-match.ts';
import type { OldRecord } from '../old-record.ts';
import type { ClaimableRow } from './claim-store.ts';

/**
 * The least that must be known of who claims: name and number agree with the population register. Below it an account
 * is no more than somebody's word, and what the department would learn of its old user, too.
 */
export const CLAIM_LEVEL: IdentityLevel = 3;

export type ClaimWay = 'password' | 'phone';

export type ClaimVerdict = { becomes: 'link' | 'case'; reasons: Reason[] };

const WAY: Record<ClaimWay, Reason> = { password: 'claimed-by-password', phone: 'claimed-by-phone' };

const NAME: Record<NameMatch, Reason | undefined> = {
  same: undefined,
  cut: 'name-cut',
  damaged: 'name-damaged',
  different: 'name-differs',
};

export function judgeClaim(
  way: ClaimWay,
  { number, name }: Pick<OldRecord, 'number' | 'name'>,
  person: Pick<Person, 'document' | 'name'>,
  { contested, set_aside, undone }: Pick<ClaimableRow, 'contested' | 'set_aside' | 'undone'>,
): ClaimVerdict {
  const against: Reason[] = [];
  const beside: Reason[] = [];
  if (number.state === 'valid' && !isSame(number.document, person.document))
    against.push('number-of-another');
  const named = name === undefined ? undefined : NAME[matchNames(name, person.name)];
  if (named) (way === 'phone' ? against : beside).push(named);
  // People looked at it before, or somebody said that it is not theirs: people look again.
  const disputed = contested === 'disputed';
  if (set_aside === 'rejected' || (undone && !disputed)) against.push('rejected-before');
  if (disputed) against.push('disputed-by-owner');
  return { becomes: against.length > 0 ? 'case' : 'link', reasons: [WAY[way], ...against, ...beside] };
}

const isSame = (one: Person['document'], other: Person['document']): boolean =>
  one.type === other.type && keyOf(one) === keyOf(other);
