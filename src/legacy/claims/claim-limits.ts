/**
 * How often an old account may be claimed. Counted before anything is checked, in one call for all counters, all or
 * nothing, so the count is exact however many tries arrive at once. What docs/limits.md says of signing in holds here too;
 * only that nobody tries without having signed in, at the level that claiming needs.
 */
import type { PersonId } from '../../accounts/person.ts';
import { sourceGroup } from '../../credentials/source-group.ts';
import { done, failed, type Outcome } from '../../platform/failure.ts';
import type { Limits, LimitUse } from '../../platform/limits.ts';
import type { Fingerprinter } from '../../platform/seal/fingerprint.ts';

/** A try of a password, a try of a code, and the sending of a code. */
export type ClaimAct = 'password' | 'code' | 'send';

type Layer = [points: number, windowSeconds: number];
type Counter = 'person' | 'pair' | 'account' | 'network' | 'system';

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;

/** Seconds until a person may have another code sent. */
export const SEND_AGAIN_SECONDS = 60;

/**
 * `person` holds against who claims, whatever they type; `pair`, person and account, against one person using up an
 * account's day. `account` holds against many who claim one account: a code has no
 * such counter, because it could be filled against the owner, and a wrong code costs one of the five tries of a code that
 * only its browser can use. `network` and `system` hold against many people who try many accounts.
 */
const LAYERS: Record<ClaimAct, Record<Counter, Layer[]>> = {
  password: {
    person: [
      [5, 15 * MINUTE],
      [20, DAY],
    ],
    pair: [],
    account: [[30, DAY]],
    network: [[200, HOUR]],
    system: [[2_000, HOUR]],
  },
  code: {
    person: [
      [10, 15 * MINUTE],
      [40, DAY],
    ],
    pair: [],
    account: [],
    network: [[200, HOUR]],
    system: [[2_000, HOUR]],
  },
  send: {
    person: [
      [1, SEND_AGAIN_SECONDS],
      [10, DAY],
    ],
    pair: [[5, DAY]],
    account: [[10, DAY]],
    network: [[60, HOUR]],
    system: [[600, HOUR]],
  },
};

export interface ClaimTry {
  personId: PersonId;
  system: string;
  /** The account that was found, or what was typed where none was: both count alike. */
  account: string;
  /** Address of the browser. */
  source: string;
}

export function makeClaimLimits(limits: Limits, fingerprinter: Pick<Fingerprinter, 'fingerprint'>) {
  const key = (...parts: string[]) =>
    fingerprinter.fingerprint('claim limit', JSON.stringify(parts)).toString('base64url', 0, 18);
  return {
    /** Failure `claim-wait` (429, retryAfter). */
    async take(act: ClaimAct, { personId, system, account, source }: ClaimTry): Promise<Outcome<LimitUse[]>> {
      const one = `${system}/${account}`;
      const who: Record<Counter, string> = {
        person: personId,
        pair: `${personId} ${one}`,
        account: one,
        network: sourceGroup(source),
        system,
      };
      const uses = Object.entries(LAYERS[act]).flatMap(([name, layers]) =>
        layers.map(([points, windowSeconds]) => ({
          key: `claim:${act}:${name}:${windowSeconds}:${key(name, who[name as Counter])}`,
          points,
          windowSeconds,
        })),
      );
      const taken = await limits.take(uses);
      return taken.ok ? done(uses) : failed('claim-wait', 429, { retryAfter: taken.retryAfter });
    },
    giveBack: (uses: LimitUse[]): Promise<void> => limits.giveBack(uses),
  };
}
