/** Settings of old systems: those that check passwords themselves, and news for the departments. */
import { z } from 'zod';
import { whole } from '../platform/config/kinds.ts';
import type { Fault } from '../platform/config/load.ts';
import { partnerFaults, partnerFields, partnerProductionFaults } from '../platform/partner/settings.ts';
import { retryFields } from '../platform/retries.ts';

/** News for departments' applications: how often and how long one that does not answer is tried. */
const news = z
  .object({
    ...retryFields,
    /** Almost three days: a department may be down over a weekend. */
    retryLimit: whole(0, 500).default(72),
    /** Seconds between looks for news to send. */
    pollSeconds: whole(1, 60).default(2),
    /** How long news that were given up are kept for a department that comes back. */
    keepDays: whole(1, 3_650).default(30),
  })
  .strict();

export type NewsSettings = z.output<typeof news>;

export const legacySettings = z
  .object({
    /** How `plan` asks the population register. */
    register: z
      .object({
        /** Questions a second at most. */
        perSecond: whole(1, 100_000).default(200),
      })
      .strict()
      .prefault({}),
    news: news.prefault({}),
    /** Login interfaces by the name that declarations call them by (docs/old-login-interface.md). */
    logins: z
      .record(
        z.string().regex(/^[a-z][a-z0-9-]{1,39}$/, 'must be called by 2 to 40 of a-z 0-9 -, a letter first'),
        z.object(partnerFields).strict(),
      )
      .default({})
      .superRefine((logins, context) => {
        for (const [name, login] of Object.entries(logins))
          for (const { setting, right } of partnerFaults(name, login))
            context.addIssue({ code: 'custom', path: setting.split('.'), message: right });
      }),
  })
  .strict();

export type LegacySettings = z.output<typeof legacySettings>;

/** What production refuses. */
export const legacyProductionFaults = ({ logins }: LegacySettings): Fault[] =>
  Object.entries(logins).flatMap(([name, login]) => partnerProductionFaults(`legacy.logins.${name}`, login));
