import { z } from 'zod';
import { whole } from '../platform/config/kinds.ts';

export const auditSettings = z
  .object({
    /** Milliseconds a busy writer waits for company before it begins the next transaction; 0 never waits. */
    gatherMs: whole(0, 100).default(4),
    /** Entries in one transaction at most. */
    batchSize: whole(1, 5_000).default(500),
    /** Entries waiting to be written at most; beyond that callers are told to come again. */
    queueSize: whole(10, 1_000_000).default(20_000),
    /** Seconds between anchors in the log. */
    anchorSeconds: whole(1, 86_400).default(600),
  })
  .strict();

export type AuditSettings = z.output<typeof auditSettings>;
