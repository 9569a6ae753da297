/** Settings of the registers. */
import { z } from 'zod';
import { whole } from '../platform/config/kinds.ts';
import type { Fault } from '../platform/config/load.ts';
import { partnerFields, partnerProductionFaults } from '../platform/partner/settings.ts';
import { MOST_ENTERPRISES } from './stand-in-enterprises.ts';
import { LARGEST_POPULATION } from './stand-in-population.ts';

export const registriesSettings = z
  .object({
    population: z
      .object({
        /** stand-in: a synthetic population, for trial only. Without a `url` it is started with the server. */
        kind: z.enum(['stand-in', 'http'], { error: 'must be stand-in or http' }).default('stand-in'),
        /** What evidence names as its source. */
        source: z
          .string()
          .regex(/^[a-z0-9-]{1,64}$/, 'must be small letters, digits and hyphens')
          .default('population-register'),
        ...partnerFields,
      })
      .strict()
      .prefault({}),
    enterprise: z
      .object({
        /** none: nobody is asked, and organisations of old systems wait. stand-in: invented ones, for trial only. */
        kind: z
          .enum(['none', 'stand-in', 'http'], { error: 'must be none, stand-in or http' })
          .default('none'),
        source: z
          .string()
          .regex(/^[a-z0-9-]{1,64}$/, 'must be small letters, digits and hyphens')
          .default('enterprise-register'),
        ...partnerFields,
      })
      .strict()
      .prefault({}),
    standIn: z
      .object({
        /** Its own port; 0 takes a free one, left out the start decides. */
        port: whole(0, 65_535).optional(),
        /** The same seed gives the same people everywhere. */
        seed: z.string().min(1).max(200).default('yihao'),
        size: whole(1, LARGEST_POPULATION).default(100_000),
        enterprises: whole(1, MOST_ENTERPRISES).default(20_000),
      })
      .strict()
      .prefault({}),
    comparison: z
      .object({
        /** A match older than this is compared again at the next sign-in. */
        maxAgeDays: whole(1, 3_650).default(180),
        /** After any other outcome, ask again no sooner than this. */
        retryHours: whole(1, 8_760).default(24),
        /** The patience of a comparison that nobody waits for. */
        backgroundDeadlineMs: whole(1_000, 120_000).default(20_000),
        /** Queue of waiting comparisons: repetitions, first and longest pause between them. */
        queueRetries: whole(0, 1_000).default(60),
        queuePauseSeconds: whole(1, 3_600).default(30),
        queueLongestPauseSeconds: whole(1, 86_400).default(3_600),
      })
      .strict()
      .prefault({}),
  })
  .strict()
  .prefault({});

export type RegistriesSettings = z.output<typeof registriesSettings>;

/** What production refuses. */
export function registriesProductionFaults(settings: RegistriesSettings): Fault[] {
  const { population, enterprise } = settings;
  const faults: Fault[] = [];
  if (population.kind === 'stand-in')
    faults.push({
      setting: 'registries.population.kind',
      right: 'must be http: production compares with a real register',
    });
  else faults.push(...partnerProductionFaults('registries.population', population));
  if (enterprise.kind === 'stand-in')
    faults.push({
      setting: 'registries.enterprise.kind',
      right: 'must be http, or none where no register of organisations is contracted',
    });
  else if (enterprise.kind === 'http')
    faults.push(...partnerProductionFaults('registries.enterprise', enterprise));
  return faults;
}
