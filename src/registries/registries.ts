/** Opens the registers that the settings name, and in trial the stand-in before them. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';
import type { Metrics } from '../platform/observe/metrics.ts';
import { PARTNER_BUCKETS } from '../platform/partner/meter.ts';
import { openPartner, type PartnerMeter } from '../platform/partner/partner.ts';
import { askOverHttp } from './http-register.ts';
import { comparePopulation } from './population.ts';
import type { PopulationRegister } from './registry.ts';
import type { RegistriesSettings } from './settings.ts';
import { type StandInRegister, startStandInRegister } from './stand-in.ts';
import { leavePointer, readPointer } from './stand-in-pointer.ts';

export interface Registries {
  population: PopulationRegister;
  /** In trial, where it was started with the server: for sample people and switches. */
  standIn?: StandInRegister;
  close(): Promise<void>;
}

/** @throws ConfigurationError when the settings cannot work; Error when the stand-in's port is taken */
export async function openRegistries(options: {
  settings: RegistriesSettings;
  clock: Clock;
  /** Counts questions, by which registers are paid and budgets watched. */
  meter?: PartnerMeter;
  /** Where comparisons are measured, as people wait for them. */
  metrics?: Pick<Metrics, 'histogram'>;
  /** false: a process beside the server, which asks the stand-in that the server started, if it runs. */
  startStandIn?: boolean;
  /** Where the server leaves the address of its stand-in; without one no other process finds it. */
  folder?: string;
}): Promise<Registries> {
  const { settings, clock, meter, metrics, folder } = options;
  const alone = settings.population.kind === 'stand-in' && !settings.population.url;
  const beside = alone && options.startStandIn === false;
  const pointer = beside && folder !== undefined ? readPointer(folder) : undefined;
  if (beside && !pointer) return notStarted(settings, clock);
  const standIn =
    alone && !beside
      ? await startStandInRegister({
          ...settings.standIn,
          port: settings.standIn.port ?? 0,
          keyId: settings.population.keyId,
          secret: settings.population.secret ?? randomBytes(32).toString('base64url'),
          clock,
        })
      : undefined;
  const forget = standIn && folder !== undefined ? leavePointer(folder, standIn) : () => {};
  const here = standIn ?? pointer;
  const reached = here
    ? { ...settings.population, url: here.url, allowedHosts: [], secret: here.secret }
    : settings.population;
  try {
    const partner = openPartner('population-register', 'registries.population', reached, clock, meter);
    const compare = comparePopulation({
      ask: askOverHttp(partner),
      source: reached.source,
      deadlineMs: reached.deadlineMs,
      clock,
    });
    return {
      population: { compare: metrics ? measured(compare, metrics) : compare, check: () => partner.check() },
      ...(standIn ? { standIn } : {}),
      async close() {
        partner.close();
        forget();
        await standIn?.close();
      },
    };
  } catch (error) {
    forget();
    await standIn?.close();
    throw error;
  }
}

/** One comparison may be several questions: the meter of the partner counts those, this what came of it. */
function measured(
  compare: PopulationRegister['compare'],
  metrics: Pick<Metrics, 'histogram'>,
): PopulationRegister['compare'] {
  const durations = metrics.histogram(
    'register_comparison_duration_seconds',
    'Comparisons with the population register, by outcome.',
    ['outcome'],
    PARTNER_BUCKETS,
  );
  return async (subject, options) => {
    const began = performance.now();
    const comparison = await compare(subject, options);
    durations.observe({ outcome: comparison.outcome }, (performance.now() - began) / 1_000);
    return comparison;
  };
}

function notStarted({ population }: RegistriesSettings, clock: Clock): Registries {
  const compare = comparePopulation({
    ask: async () => ({ outcome: 'unreachable', reference: 'not-started' }),
    source: population.source,
    deadlineMs: population.deadlineMs,
    clock,
  });
  const check = async () => ({ reachable: false, fault: 'not-started', seconds: 0 });
  return { population: { compare, check }, close: async () => {} };
}

/** The queue of comparisons that wait for the register; the journey that owns it sends and works it. */
export const COMPARISON_QUEUE = 'register-comparison';

/** How patiently that queue repeats. */
export const comparisonQueueOptions = ({ comparison }: RegistriesSettings) => ({
  retryLimit: comparison.queueRetries,
  retryDelaySeconds: comparison.queuePauseSeconds,
  retryDelayMaxSeconds: comparison.queueLongestPauseSeconds,
  expireInSeconds: Math.ceil(comparison.backgroundDeadlineMs / 1000) + 60,
});
