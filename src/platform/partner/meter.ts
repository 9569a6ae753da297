/** What partners cost and how they fare, for Prometheus: one meter for all of them. */
import type { Metrics } from '../observe/metrics.ts';
import type { PartnerMeter } from './partner.ts';

/** Seconds: a register next door answers in 10 ms, the longest try is given up after some seconds. */
export const PARTNER_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const STATES = ['closed', 'open', 'trying'] as const;

/** Names of partners, results and faults are closed sets. */
export function meterPartners(metrics: Pick<Metrics, 'counter' | 'histogram' | 'levels'>): PartnerMeter {
  const tried = metrics.histogram(
    'partner_request_duration_seconds',
    'Requests to a partner that went out, each of which may cost money, by what came of them.',
    ['partner', 'result'],
    PARTNER_BUCKETS,
  );
  const spared = metrics.counter(
    'partner_calls_spared_total',
    'Calls to a partner answered without a request: it is left alone, busy, or no time was left.',
    ['partner', 'fault'],
  );
  const breaker = metrics.levels(
    'partner_breaker_state',
    'Whether a partner is asked (closed), left alone (open) or being tried again: 1 for the state it is in.',
    ['partner', 'state'],
  );
  const standing = (partner: string, state: (typeof STATES)[number]) => {
    for (const each of STATES) breaker.set({ partner, state: each }, each === state ? 1 : 0);
  };
  return {
    opened: (partner) => standing(partner, 'closed'),
    tried: (partner, result, seconds) => tried.observe({ partner, result }, seconds),
    spared: (partner, fault) => spared.inc({ partner, fault }),
    breaker: standing,
  };
}
