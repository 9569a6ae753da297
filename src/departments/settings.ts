/** Settings of the interface for departments' servers. */
import { z } from 'zod';
import { whole } from '../platform/config/kinds.ts';

export const departmentsSettings = z
  .object({
    /** Requests of one application in a minute. */
    requestsPerMinute: whole(1, 100_000).default(600),
  })
  .strict();

export type DepartmentsSettings = z.output<typeof departmentsSettings>;
