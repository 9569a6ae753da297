/** Settings of old systems that say themselves whether a password is right. */
import { z } from 'zod';
import type { Fault } from '../platform/config/load.ts';
import { partnerFaults, partnerFields, partnerProductionFaults } from '../platform/partner/settings.ts';

export const legacySettings = z
  .object({
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
