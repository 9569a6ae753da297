/** Opens the registers that the settings name, and in trial the stand-in before them. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';
import type { Metrics } from '../platform/observe/metrics.ts';
import { PARTNER_BUCKETS } from '../platform/partner/meter.ts';
import { openPartner, type Partner, type PartnerMeter } from '../platform/partner/partner.ts';
import type { PartnerSettings } from '../platform/partner/settings.ts';
import { type EnterpriseRegister, makeEnterpriseRegister, silentEnterpriseRegister } from './enterprise.ts';
import { askEnterpriseOverHttp } from './http-enterprise.ts';
import { askOverHttp } from './http-register.ts';
import { comparePopulation } from './population.ts';
import type { PopulationRegister } from './registry.ts';
import type { RegistriesSettings } from './settings.ts';
import { type StandInRegister, startStandInRegister } from './stand-in.ts';
import { leavePointer, readPointer } from './stand-in-pointer.ts';

export interface Registries {
  population: PopulationRegister;
  enterprise: EnterpriseRegister;
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
  const alone = needsStandIn(settings);
  const closers: (() => unknown)[] = [];
  const close = async () => {
    for (const one of closers.splice(0).reverse()) await one();
  };
  try {
    const standIn =
      alone && options.startStandIn !== false
        ? await startStandInRegister({
            ...settings.standIn,
            port: settings.standIn.port ?? 0,
            keyId: alone.keyId,
            secret: alone.secret ?? randomBytes(32).toString('base64url'),
            clock,
          })
        : undefined;
    if (standIn) closers.push(() => standIn.close());
    if (standIn && folder !== undefined) closers.push(leavePointer(folder, standIn));
    const beside = alone && !standIn && folder !== undefined ? readPointer(folder) : undefined;
    const reached = standIn ?? beside;
    const open = (name: string, place: string, reached: PartnerSettings) => {
      const partner = openPartner(name, place, reached, clock, meter);
      closers.push(() => partner.close());
      return partner;
    };
    return {
      population: openPopulation(settings, reached, { open, clock, metrics }),
      enterprise: openEnterprise(settings, reached, { open, clock }),
      ...(standIn ? { standIn } : {}),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Whose settings the stand-in is started by, if it is: of a register that is one, and stands nowhere yet. */
function needsStandIn({ population, enterprise }: RegistriesSettings): PartnerSettings | undefined {
  if (population.kind === 'stand-in') return population.url ? undefined : population;
  return enterprise.kind === 'stand-in' && !enterprise.url ? enterprise : undefined;
}

/** Of a stand-in that this process started, or that the server beside it did. */
type Reached = Pick<StandInRegister, 'url' | 'secret'>;

interface Opening {
  open(name: string, place: string, reached: PartnerSettings): Partner;
  clock: Clock;
  metrics?: Pick<Metrics, 'histogram'> | undefined;
}

function openPopulation(
  { population }: RegistriesSettings,
  standIn: Reached | undefined,
  { open, clock, metrics }: Opening,
): PopulationRegister {
  if (population.kind === 'stand-in' && !population.url && !standIn) return notStarted(population, clock);
  const reached =
    population.kind === 'stand-in' && standIn
      ? { ...population, url: standIn.url, allowedHosts: [], secret: standIn.secret }
      : population;
  const partner = open('population-register', 'registries.population', reached);
  const compare = comparePopulation({
    ask: askOverHttp(partner),
    source: reached.source,
    deadlineMs: reached.deadlineMs,
    clock,
  });
  return { compare: metrics ? measured(compare, metrics) : compare, check: () => partner.check() };
}

function openEnterprise(
  settings: RegistriesSettings,
  standIn: Reached | undefined,
  { open, clock }: Opening,
): EnterpriseRegister {
  const { enterprise } = settings;
  const { source, deadlineMs } = enterprise;
  if (enterprise.kind === 'none') return silentEnterpriseRegister('none', source, clock);
  const reached = reachEnterprise(settings, standIn);
  if (!reached) return silentEnterpriseRegister('not-started', source, clock);
  const partner = open('enterprise-register', 'registries.enterprise', reached);
  const ask = askEnterpriseOverHttp(partner);
  return makeEnterpriseRegister({ ask, source, deadlineMs, clock, check: () => partner.check() });
}

/** Where the register of organisations is reached: a stand-in without an address is the one of the population. */
export function reachEnterprise(
  { population, enterprise }: RegistriesSettings,
  standIn?: Pick<StandInRegister, 'url' | 'secret'>,
): (PartnerSettings & { source: string }) | undefined {
  if (enterprise.kind === 'http' || enterprise.url) return enterprise;
  const beside =
    population.kind === 'stand-in'
      ? {
          url: standIn?.url ?? population.url,
          keyId: population.keyId,
          secret: standIn?.secret ?? population.secret,
        }
      : { url: standIn?.url, keyId: enterprise.keyId, secret: standIn?.secret };
  if (!beside.url) return undefined;
  return { ...enterprise, ...beside, url: `${beside.url.replace(/\/$/, '')}/enterprise`, allowedHosts: [] };
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

function notStarted(population: RegistriesSettings['population'], clock: Clock): PopulationRegister {
  const compare = comparePopulation({
    ask: async () => ({ outcome: 'unreachable', reference: 'not-started' }),
    source: population.source,
    deadlineMs: population.deadlineMs,
    clock,
  });
  const check = async () => ({ reachable: false, fault: 'not-started', seconds: 0 });
  return { compare, check };
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
