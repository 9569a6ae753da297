/** Settings of the accounts room. */
import { z } from 'zod';
import { whole } from '../platform/config/kinds.ts';

export const accountsSettings = z
  .object({
    /** How long a process believes what it read about a person's state. A freeze must be felt within 5 seconds. */
    summaryCacheSeconds: whole(0, 3).default(3),
    /** People whose state a process remembers. */
    summaryCacheSize: whole(100, 1_000_000).default(20_000),
    /** People told of at most for one phone number. */
    peoplePerPhone: whole(1, 50).default(10),
    /** Days after which settled and forgotten registrations are removed. */
    pendingKeepDays: whole(1, 365).default(30),
    /** People per transaction while keys are rotated. */
    rotationBatch: whole(1, 2_000).default(100),
  })
  .strict();

export type AccountsSettings = z.output<typeof accountsSettings>;
