/** Which of two accounts of one person survives, and why. One table, no database. */
import type { IdentityLevel, PersonId, PersonState } from '../../accounts/person.ts';

/** What the choice hangs on. */
export interface Candidate {
  id: PersonId;
  state: PersonState;
  identityLevel: IdentityLevel;
  /** The register's last word on number and name; undefined when it was never asked. */
  registerSaid: 'match' | 'mismatch' | 'unknown' | undefined;
  /** Ways of its own to sign in: password, proven phone. */
  credentials: number;
  createdAt: Date;
}

export type MergeRefusal = 'merge-merged' | 'merge-stopped' | 'merge-closed';

export type Choice =
  | { allowed: true; survivor: PersonId; absorbed: PersonId; why: string }
  | { allowed: false; refusal: MergeRefusal };

/** A number that the register no longer agrees to (a corrected one) must not be the one that stays. */
const REGISTER_RANKS = { match: 2, unasked: 1, mismatch: 0, unknown: 0 };

/** Read downward: the first in which the two differ decides, the higher rank survives. */
const RULES: readonly { rank(one: Candidate): number; why: string }[] = [
  { rank: ({ state }) => (state === 'active' ? 1 : 0), why: 'the other one is closed' },
  {
    rank: ({ registerSaid }) => REGISTER_RANKS[registerSaid ?? 'unasked'],
    why: 'the register’s last word agrees more with its number',
  },
  { rank: ({ identityLevel }) => identityLevel, why: 'its identity level is higher' },
  { rank: ({ credentials }) => credentials, why: 'its owner has more ways to sign in to it' },
  { rank: ({ createdAt }) => -createdAt.getTime(), why: 'it is older' },
];

/** A stopped account is under somebody's hand: its state is settled first, and nothing is slipped past it by a merge. */
function refusalOf(states: readonly PersonState[]): MergeRefusal | undefined {
  if (states.includes('merged')) return 'merge-merged';
  if (states.includes('frozen') || states.includes('deceased')) return 'merge-stopped';
  return states.includes('active') ? undefined : 'merge-closed';
}

/** The same for (a, b) and (b, a). */
export function chooseSurvivor(a: Candidate, b: Candidate): Choice {
  const refusal = refusalOf([a.state, b.state]);
  if (refusal) return { allowed: false, refusal };
  const rule = RULES.find(({ rank }) => rank(a) !== rank(b));
  const first = rule ? rule.rank(a) > rule.rank(b) : a.id < b.id;
  const [survivor, absorbed] = first ? [a, b] : [b, a];
  return {
    ...{ allowed: true, survivor: survivor.id, absorbed: absorbed.id },
    why: rule?.why ?? 'nothing speaks for either; its id is the smaller one',
  };
}
