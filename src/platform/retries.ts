/** How often and how long somebody who does not answer is tried again. */
import { whole } from './config/kinds.ts';

/** Members of a settings object, with defaults for a department's server. */
export const retryFields = {
  retryLimit: whole(0, 50).default(12),
  retryDelaySeconds: whole(1, 3_600).default(10),
  retryDelayMaxSeconds: whole(1, 86_400).default(3_600),
};

export interface Retries {
  retryLimit: number;
  retryDelaySeconds: number;
  retryDelayMaxSeconds: number;
}

/** Seconds after the nth attempt in vain (from 1); undefined when there shall be no other. Doubled each time. */
export function pauseAfter(attempt: number, retries: Retries): number | undefined {
  if (attempt > retries.retryLimit) return undefined;
  return Math.min(retries.retryDelayMaxSeconds, retries.retryDelaySeconds * 2 ** (attempt - 1));
}
