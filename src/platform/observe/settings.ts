import { z } from 'zod';
import { whole, yesNo } from '../config/kinds.ts';

export const observeSettings = z
  .object({
    /** Least level that is written. */
    level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
    /** One line for each request. */
    requests: yesNo().default(true),
    /** Where the internal listener (health, metrics) listens; never an address the public reaches. */
    internalHost: z.string().min(1).default('127.0.0.1'),
    /** 0 takes any free port. */
    internalPort: whole(0, 65_535).default(9464),
  })
  .strict();

export type ObserveSettings = z.output<typeof observeSettings>;
