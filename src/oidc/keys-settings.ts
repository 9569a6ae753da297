import { z } from 'zod';
import { whole } from '../platform/config/kinds.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const signingKeySettings = z
  .object({
    /** A key must have been published for so long before it signs: as long as departments may keep our keys. */
    publishedSeconds: whole(0, 30 * DAY).default(HOUR),
    /**
     * A key that signs no more stays published for so long: the life of an ID token, which also serves as
     * a hint for as long as its session, and some more.
     */
    retiredSeconds: whole(MINUTE, 400 * DAY).default(8 * DAY),
    rsaBits: whole(2048, 4096).default(2048),
    /** How often a node looks for keys that another one changed. Tokens must not outrun their keys by much. */
    lookMs: whole(200, 3_000).default(2_000),
  })
  .strict();

export type SigningKeySettings = z.output<typeof signingKeySettings>;
