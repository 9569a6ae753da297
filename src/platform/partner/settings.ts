/** What must be set to talk to a partner's server. Rooms extend this with what is theirs. */
import { z } from 'zod';
import { httpUrl, listOf, whole } from '../config/kinds.ts';
import type { Fault } from '../config/load.ts';
import { isSampleSecret } from '../config/samples.ts';

/** Shorter secrets can be guessed from one signed request. */
const SHORTEST_SECRET = 32;

export const partnerFields = {
  /** Where the partner's paths begin, such as https://register.example/v1. */
  url: httpUrl().optional(),
  /** Hosts (host or host:port) that may be called; `url` must be at one of them. Empty: only where `url` points. */
  allowedHosts: listOf(z.string().min(1)).default([]),
  /** The name under which the partner knows our secret. */
  keyId: z
    .string()
    .regex(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits, dots or hyphens')
    .default('yihao'),
  secret: z.string().min(SHORTEST_SECRET, `must have at least ${SHORTEST_SECRET} characters`).optional(),
  /** The longest anybody waits for an answer, all tries together. */
  deadlineMs: whole(100, 60_000).default(3_000),
  /** The longest one try may take. */
  attemptMs: whole(50, 30_000).default(1_300),
  /** Tries of one question: the first and the repetitions after failures that may pass. */
  attempts: whole(1, 5).default(2),
  /** Failures in a row after which the partner is left alone. */
  breakAfter: whole(1, 1_000).default(5),
  /** How long it is left alone before one question tries again. */
  breakSeconds: whole(1, 3_600).default(20),
  /** Questions under way at once in this process; more are answered "busy" at once. */
  atOnce: whole(1, 10_000).default(64),
  /** The longest answer read. */
  answerBytes: whole(256, 1_048_576).default(16_384),
};

export interface PartnerSettings {
  url?: string | undefined;
  allowedHosts: string[];
  keyId: string;
  secret?: string | undefined;
  deadlineMs: number;
  attemptMs: number;
  attempts: number;
  breakAfter: number;
  breakSeconds: number;
  atOnce: number;
  answerBytes: number;
}

/** What would make every call fail, in any mode. `place` is the dotted path of the settings. */
export function partnerFaults(place: string, settings: PartnerSettings): Fault[] {
  const faults: Fault[] = [];
  if (!settings.url) faults.push({ setting: `${place}.url`, right: 'must be set' });
  else if (!hostAllowed(settings)) {
    faults.push({ setting: `${place}.allowedHosts`, right: `must name the host of ${place}.url` });
  }
  if (!settings.secret) faults.push({ setting: `${place}.secret`, right: 'must be set' });
  if (settings.attemptMs > settings.deadlineMs) {
    faults.push({ setting: `${place}.attemptMs`, right: `must not exceed ${place}.deadlineMs` });
  }
  return faults;
}

/** What production refuses beyond {@link partnerFaults}. */
export function partnerProductionFaults(place: string, settings: PartnerSettings): Fault[] {
  const faults = partnerFaults(place, settings);
  if (settings.url && URL.parse(settings.url)?.protocol !== 'https:') {
    faults.push({
      setting: `${place}.url`,
      right: 'must be https: what is said about people must not travel readable',
    });
  }
  if (settings.allowedHosts.length === 0) {
    faults.push({ setting: `${place}.allowedHosts`, right: `must name the host of ${place}.url` });
  }
  if (settings.secret && isSampleSecret(settings.secret)) {
    faults.push({
      setting: `${place}.secret`,
      right: 'must be random (openssl rand -base64 32); this one is a sample or a pattern',
    });
  }
  return faults;
}

const hostAllowed = (settings: PartnerSettings): boolean => {
  const url = URL.parse(settings.url ?? '');
  if (settings.allowedHosts.length === 0) return true;
  return url !== null && settings.allowedHosts.some((host) => host === url.host || host === url.hostname);
};
