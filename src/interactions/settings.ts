/** Settings of the room interactions: the notice people accept, what is kept under way, limits on comparing. */
import { z } from 'zod';
import { whole } from '../platform/config/kinds.ts';

/** So many uses within so many seconds. */
const layer = (points: number, windowSeconds: number) =>
  z
    .object({ points: whole(1, 10_000_000), windowSeconds: whole(1, 86_400) })
    .strict()
    .prefault({ points, windowSeconds });

const DAY = 86_400;

export const interactionsSettings = z
  .object({
    /** Version of the notice on personal information that people accept when they register. */
    noticeVersion: z.string({ error: 'must name a version' }).min(1).max(20).default('2026-11'),
    /** How long typed registrations and proven phones are kept for an authorization that does not go on. */
    noteMinutes: whole(10, 240).default(120),
    /** A proven phone must be followed by the choice of an account within this time. */
    phoneProofMinutes: whole(1, 60).default(15),
    /** A phone that nobody has proven to hold for so long may have passed on: a code to it no longer suffices alone. */
    phoneSilentDays: whole(30, 3_650).default(180),
    /** Under this age a guardian is needed (PIPL art. 31). */
    guardianBelowAge: whole(0, 21).default(14),
    /** Comparisons that people may cause: each tries a number and a name against the register. */
    comparisons: z
      .object({
        perPhone: layer(10, DAY),
        perDocument: layer(60, DAY),
        perSource: layer(300, 3_600),
      })
      .strict()
      .prefault({}),
    /** Choosing among the accounts of one phone by the last four characters of the number: wrong tries. */
    lastFour: layer(5, DAY),
  })
  .strict();

export type InteractionsSettings = z.output<typeof interactionsSettings>;
