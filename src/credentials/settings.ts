/** Settings of this room. The floor of argon2id is what OWASP and RFC 9106 leave no room below; above it is free. */
import { z } from 'zod';
import { whole } from '../platform/config/kinds.ts';

/** So many uses within so many seconds; then wait until the window, which opened at its first use, has passed. */
const layer = (points: number, windowSeconds: number) =>
  z
    .object({ points: whole(1, 10_000_000), windowSeconds: whole(1, 86_400) })
    .strict()
    .prefault({ points, windowSeconds });

const layers = (...defaults: [number, number][]) =>
  z
    .array(z.object({ points: whole(1, 10_000_000), windowSeconds: whole(1, 86_400) }).strict())
    .min(1)
    .default(defaults.map(([points, windowSeconds]) => ({ points, windowSeconds })));

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;

export const hashSettings = z
  .object({
    /** argon2id m, in KiB. */
    memoryKib: whole(19_456, 4_194_304).default(19_456),
    /** argon2id t. */
    passes: whole(2, 64).default(2),
    /** argon2id p. */
    lanes: whole(1, 64).default(1),
    engine: z
      .enum(['auto', 'node-rs', 'argon2'], { error: 'must be auto, node-rs or argon2' })
      .default('auto'),
    /** Hashes at once; 0 means one per core. Two threads always stay free for other work. */
    concurrency: whole(0, 256).default(0),
    /** How many sign-ins may wait for a free core before the next hears "busy". */
    queueLength: whole(0, 100_000).default(200),
    /** How long one of them waits at most, in milliseconds. */
    waitMs: whole(100, 60_000).default(5_000),
  })
  .strict();

export const passwordSettings = z
  .object({
    /** Code points; MLPS level 3 asks for at least 8 of citizens. */
    leastLength: whole(8, 64).default(8),
    mostLength: whole(64, 128).default(128),
    /** Of small letters, capital letters, digits, other characters. */
    leastKinds: whole(1, 4).default(3),
    /** SHA-1 hashes of breached passwords, sorted, one per line (`HASH` or `HASH:count`). Without one only our own list is asked. */
    breachedFile: z.string({ error: 'must be a file name' }).min(1).optional(),
  })
  .strict();

export const smsSettings = z
  .object({
    lifeSeconds: whole(60, 900).default(300),
    tries: whole(1, 10).default(5),
    resendSeconds: whole(30, 600).default(60),
    perNumber: layer(10, DAY),
    /** From one source to one number: a stranger cannot use up the number's whole day. */
    perNumberAndSource: layer(5, DAY),
    /** Carriers put thousands of subscribers behind one IPv4 address. */
    perSource: layer(60, HOUR),
    /** Per range of 10,000 numbers (first seven digits): against being made to send to rented ranges. */
    perPrefix: layer(120, HOUR),
    total: layer(6_000, HOUR),
  })
  .strict();

export const throttleSettings = z
  .object({
    /** One identifier from one source, and one identifier from a browser known to that person. */
    own: layers([5, 15 * MINUTE], [10, 2 * HOUR], [20, DAY]),
    /** One identifier from all unknown sources together. */
    strangers: layers([50, DAY]),
    /** One source, whatever it types. Halls and mobile carriers share addresses, so this is wide. */
    source: layers([200, HOUR]),
    /** Neighbouring numbers: one county and birthday, one phone range, one stem of a user name. */
    pattern: layers([100, HOUR]),
    /** The whole server, unknown browsers only. */
    overall: layers([6_000, 10 * MINUTE]),
    /** How long a browser stays known after its last sign-in. */
    knownDeviceDays: whole(1, 400).default(180),
    knownDevicesPerPerson: whole(1, 100).default(20),
  })
  .strict();

export const credentialsSettings = z
  .object({
    hash: hashSettings.prefault({}),
    password: passwordSettings.prefault({}),
    sms: smsSettings.prefault({}),
    throttle: throttleSettings.prefault({}),
  })
  .strict();

export type CredentialsSettings = z.output<typeof credentialsSettings>;
export type HashSettings = z.output<typeof hashSettings>;
export type PasswordSettings = z.output<typeof passwordSettings>;
export type SmsSettings = z.output<typeof smsSettings>;
export type ThrottleSettings = z.output<typeof throttleSettings>;
