/**
 * One partner's server, asked with patience that has an end: every call is signed, bounded in time and size,
 * repeated only when that can help, and not made at all while the partner is known to be down. Whatever goes
 * wrong is an answer; nothing is thrown.
 */
import {
  BrokenCircuitError,
  BulkheadRejectedError,
  bulkhead,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
  retry,
} from 'cockatiel';
import type { Clock } from '../clock.ts';
import { ConfigurationError } from '../config/load.ts';
import { type Line, openLine, PartnerError, type PartnerFault, type Question } from './line.ts';
import { type PartnerSettings, partnerFaults } from './settings.ts';
import { sharedKey } from './signature.ts';

/** Between two tries. The longest counts against the deadline before a try is repeated. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 250;

/** The parsed JSON of a genuine answer, not yet judged; or why there is none. */
export type PartnerAnswer = { ok: true; body: unknown } | { ok: false; fault: PartnerFault };

/** Called for every request that went out and every one that was spared; for metrics and for budgets. */
export interface PartnerMeter {
  /** A partner that may be asked from now on. */
  opened?(partner: string): void;
  /** One request that went out: it may cost money whatever its result. */
  tried?(partner: string, result: 'answered' | PartnerFault, seconds: number): void;
  /** A call that was answered without any request. */
  spared?(partner: string, fault: 'open' | 'busy' | 'late'): void;
  /** The breaker opened, closed, or let one question through. */
  breaker?(partner: string, state: 'open' | 'closed' | 'trying'): void;
}

export interface Call extends Question {
  /** The longest wait for this call in ms, if shorter or longer than the settings say. */
  within?: number;
}

export interface Partner {
  call(call: Call): Promise<PartnerAnswer>;
  /** Asks the partner's GET /health, for operators. */
  check(): Promise<PartnerHealth>;
  close(): void;
}

export interface PartnerHealth {
  reachable: boolean;
  /** Why not. */
  fault?: string;
  seconds: number;
}

/** @throws ConfigurationError when the settings cannot work. `place` is their dotted path. */
export function openPartner(
  name: string,
  place: string,
  settings: PartnerSettings,
  clock: Clock,
  meter: PartnerMeter = {},
): Partner {
  const faults = partnerFaults(place, settings);
  if (faults.length > 0) throw new ConfigurationError(faults);
  const line = openLine(new URL(settings.url!), sharedKey(settings.keyId, settings.secret!), settings, clock);
  // A partner that declines a question is well; otherwise a stranger's odd input could shut it off for all.
  const breaker = circuitBreaker(
    handleWhen((error) => faultOf(error) !== 'declined'),
    {
      halfOpenAfter: settings.breakSeconds * 1000,
      breaker: new ConsecutiveBreaker(settings.breakAfter),
    },
  );
  meter.opened?.(name);
  breaker.onStateChange((state) => meter.breaker?.(name, STATE_NAMES[state] ?? 'open'));
  const room = bulkhead(settings.atOnce);
  const partner: Partner = {
    close: () => line.close(),
    async check() {
      const began = performance.now();
      const answer = await partner.call({ method: 'GET', path: '/health' });
      const seconds = (performance.now() - began) / 1000;
      return answer.ok ? { reachable: true, seconds } : { reachable: false, fault: answer.fault, seconds };
    },
    async call(call) {
      try {
        return {
          ok: true,
          body: await room.execute(() => askPatiently(name, call, settings, line, breaker, meter)),
        };
      } catch (error) {
        const fault = faultOf(error);
        if (fault === 'open' || fault === 'busy' || fault === 'late') meter.spared?.(name, fault);
        return { ok: false, fault };
      }
    },
  };
  return partner;
}

/**
 * Tries until an answer, a failure that will not pass, or too little time for another whole try. A try gets
 * its whole time or is not begun: what a caller's hurry would cut short must not count against the partner.
 */
function askPatiently(
  name: string,
  call: Call,
  settings: PartnerSettings,
  line: Line,
  breaker: CircuitBreakerPolicy,
  meter: PartnerMeter,
): Promise<unknown> {
  const deadline = performance.now() + (call.within ?? settings.deadlineMs);
  const timeFor = (pause: number) => deadline - performance.now() >= settings.attemptMs + pause;
  const again = retry(
    handleWhen((error) => error instanceof PartnerError && error.passing && timeFor(LONGEST_PAUSE_MS)),
    {
      maxAttempts: settings.attempts - 1,
      backoff: new ExponentialBackoff({ initialDelay: FIRST_PAUSE_MS, maxDelay: LONGEST_PAUSE_MS }),
    },
  );
  return again.execute(() => {
    // While one question finds out whether the partner is back, the library would let the others wait for it.
    if (breaker.state === CircuitState.HalfOpen) throw new PartnerError('open');
    if (!timeFor(0)) throw new PartnerError('late');
    return breaker.execute(async () => {
      const began = performance.now();
      let result: 'answered' | PartnerFault = 'network';
      try {
        const answer = await line.ask(call);
        result = 'answered';
        return answer;
      } catch (error) {
        result = faultOf(error);
        throw error;
      } finally {
        meter.tried?.(name, result, (performance.now() - began) / 1000);
      }
    });
  });
}

function faultOf(error: unknown): PartnerFault {
  if (error instanceof PartnerError) return error.fault;
  if (error instanceof BrokenCircuitError) return 'open';
  if (error instanceof BulkheadRejectedError) return 'busy';
  return 'network';
}

const STATE_NAMES: Partial<Record<CircuitState, 'open' | 'closed' | 'trying'>> = {
  [CircuitState.Open]: 'open',
  [CircuitState.Closed]: 'closed',
  [CircuitState.HalfOpen]: 'trying',
};
