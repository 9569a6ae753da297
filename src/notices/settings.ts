/** Settings of short messages. */
import { z } from 'zod';
import { listOf, whole } from '../platform/config/kinds.ts';
import type { Fault } from '../platform/config/load.ts';
import { LANGUAGES } from '../platform/page/language.ts';
import { partnerFields, partnerProductionFaults } from '../platform/partner/settings.ts';
import { TEXT_NAMES } from './wording.ts';

export const noticesSettings = z
  .object({
    /** trial-outbox: messages are shown at /trial/outbox and sent to nobody. */
    kind: z.enum(['trial-outbox', 'http'], { error: 'must be trial-outbox or http' }).default('trial-outbox'),
    gateway: z
      .object({
        ...partnerFields,
        deadlineMs: whole(100, 60_000).default(6_000),
        attemptMs: whole(50, 30_000).default(2_500),
      })
      .strict()
      .prefault({}),
    /** The filed signature, without its brackets. Carriers take no Tibetan here. */
    signature: z
      .string()
      .regex(/^[\p{Script=Han}A-Za-z0-9]{2,12}$/u, 'must be 2 to 12 Chinese characters, letters or digits')
      .default('一号'),
    /** Languages whose texts are filed; people who chose another get Chinese. */
    languages: listOf(z.enum(LANGUAGES, { error: `must be of ${LANGUAGES.join(', ')}` })).default([
      ...LANGUAGES,
    ]),
    /** The gateway's name of each filed text: { "zh-CN/code.sign-in": "SMS_1" }. Empty: it goes by the text. */
    templateIds: z
      .record(z.string().regex(/^[\w-]+\/[\w.-]+$/, 'must be language/text'), z.string().min(1).max(64))
      .default({}),
    /** Repetitions of a promised message and the pauses between them. */
    retries: whole(0, 1_000).default(12),
    pauseSeconds: whole(1, 3_600).default(10),
    longestPauseSeconds: whole(1, 86_400).default(1_800),
    /** Promised messages older than this are not worth sending any more. */
    keepHours: whole(1, 168).default(24),
    /** Messages that trial's outbox keeps. */
    trialMessages: whole(1, 10_000).default(200),
  })
  .strict();

export type NoticesSettings = z.output<typeof noticesSettings>;

/** What production refuses. */
export function noticesProductionFaults(settings: NoticesSettings): Fault[] {
  if (settings.kind === 'trial-outbox') {
    return [{ setting: 'notices.kind', right: 'must be http: production sends its messages' }];
  }
  const faults = partnerProductionFaults('notices.gateway', settings.gateway);
  if (!settings.languages.includes('zh-CN')) {
    faults.push({
      setting: 'notices.languages',
      right: 'must contain zh-CN, which stands in for the others',
    });
  }
  const filed = Object.keys(settings.templateIds);
  const wanted = settings.languages.flatMap((language) => TEXT_NAMES.map((name) => `${language}/${name}`));
  const missing = filed.length === 0 ? [] : wanted.filter((id) => !filed.includes(id));
  if (missing.length > 0) {
    faults.push({
      setting: 'notices.templateIds',
      right: `must name the filed texts of ${missing.join(', ')}`,
    });
  }
  const surplus = filed.filter((id) => !wanted.includes(id));
  if (surplus.length > 0) {
    faults.push({ setting: 'notices.templateIds', right: `no such texts: ${surplus.join(', ')}` });
  }
  return faults;
}
