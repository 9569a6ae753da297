/** Settings of the room clients. */
import { z } from 'zod';
import { whole, yesNo } from '../platform/config/kinds.ts';

export const clientsSettings = z
  .object({
    /** How long a node may go on with what it knew of a client. Suspending takes effect everywhere within this time. */
    cacheSeconds: whole(1, 5).default(3),
    /** How long the old secret stays valid after a rotation. */
    secretGraceDays: whole(0, 90).default(14),
    /** Life of a new secret; without it secrets end by rotation only. */
    secretLifeDays: whole(1, 3650).optional(),
    /** Whether secrets may be taken that are samples or patterns; for trial only. */
    sampleSecrets: yesNo().default(false),
    /** Applications declared by configuration, created or brought up to date at start; see docs/integration.md. */
    declared: z
      .array(z.looseObject({ client_id: z.string({ error: 'must name the client' }).min(1) }))
      .default([]),
  })
  .strict();

export type ClientsSettings = z.output<typeof clientsSettings>;
