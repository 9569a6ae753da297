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

/** Longer than this, the pace of refusals (credentials/same-pace.ts) cannot hide who was asked about. */
const LONGEST_HIDDEN_MS = 2_500;

const signInSettings = z
  .object({
    /** For all questions of one sign-in to old systems together. */
    deadlineMs: whole(100, 10_000).default(LONGEST_HIDDEN_MS),
    /** Systems that are asked about somebody unknown here, those of the person's application first. */
    systems: whole(0, 20).default(4),
    /** Of these, how many at the same time. */
    atOnce: whole(1, 10).default(2),
  })
  .strict();

export type SignInSettings = z.output<typeof signInSettings>;

export const legacySettings = z
  .object({
    /** How a sign-in asks old systems. */
    signIn: signInSettings.prefault({}),
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
  .strict()
  .superRefine(({ signIn, logins }, context) => {
    for (const [name, { attemptMs }] of Object.entries(logins))
      if (attemptMs > signIn.deadlineMs)
        context.addIssue({
          code: 'custom',
          path: ['logins', name, 'attemptMs'],
          message: 'must not exceed legacy.signIn.deadlineMs: no sign-in would have the time to ask',
        });
  });

export type LegacySettings = z.output<typeof legacySettings>;

/** What production refuses. */
export const legacyProductionFaults = ({ logins, signIn }: LegacySettings): Fault[] => [
  ...(signIn.deadlineMs > LONGEST_HIDDEN_MS
    ? [
        {
          setting: 'legacy.signIn.deadlineMs',
          right: `must be at most ${LONGEST_HIDDEN_MS}: slower refusals would tell who is known here`,
        },
      ]
    : []),
  ...Object.entries(logins).flatMap(([name, login]) =>
    partnerProductionFaults(`legacy.logins.${name}`, login),
  ),
];
