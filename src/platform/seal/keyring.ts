/**
 * The keyring: one JSON file with every symmetric key, by purpose, newest first. The first key of a purpose
 * is the current one; the others only open or recognise what they once sealed.
 */
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { ConfigurationError, type Fault } from '../config/load.ts';
import { isSampleKey, isWeakKey } from './sample-keys.ts';

export const KEY_PURPOSES = ['seal', 'fingerprint', 'pepper', 'audit', 'cookie', 'token'] as const;
export type KeyPurpose = (typeof KEY_PURPOSES)[number];

/** One key. The id travels inside sealed values; the key itself never leaves the process. */
export interface Key {
  id: string;
  key: KeyObject;
  bytes: Buffer;
}

export interface Keyring {
  /** The key that new values are made with. */
  current(purpose: KeyPurpose): Key;
  byId(purpose: KeyPurpose, id: string): Key | undefined;
  /** Current first, then older ones. */
  all(purpose: KeyPurpose): readonly Key[];
}

export const KEY_BYTES = 32;
const KEY_ID = /^[a-z0-9][a-z0-9-]{0,15}$/;
const BASE64 = /^[A-Za-z0-9+/]{43}=$/;

type Entry = { id: string; key: string };
type Entries = Record<KeyPurpose, Entry[]>;

/**
 * Everything wrong with a keyring file; empty when it is fit for use. A fault names the place and what would
 * be right there, never a value. In production the published sample keys and keys that are plainly not random
 * are faults too.
 */
export function keyringFaults(json: string, { production }: { production: boolean }): Fault[] {
  const tree = readTree(json);
  if (!tree)
    return [{ setting: 'keyring', right: 'must be a JSON object with a list of keys for each purpose' }];
  const faults: Fault[] = [];
  for (const name of Object.keys(tree)) {
    if (!KEY_PURPOSES.some((purpose) => purpose === name)) {
      faults.push({
        setting: 'keyring',
        right: `has a purpose that is not one of ${KEY_PURPOSES.join(', ')}`,
      });
    }
  }
  const places = new Map<string, string>();
  for (const purpose of KEY_PURPOSES) {
    const list = tree[purpose];
    if (!Array.isArray(list) || list.length === 0) {
      faults.push({ setting: `keyring.${purpose}`, right: 'must be a list with at least one key' });
      continue;
    }
    const ids = new Set<string>();
    list.forEach((entry: unknown, at) => {
      const place = `keyring.${purpose}[${at}]`;
      faults.push(...entryFaults(entry, place, production));
      const { id, key } = (entry ?? {}) as { id?: unknown; key?: unknown };
      if (typeof id === 'string') {
        if (ids.has(id))
          faults.push({ setting: `${place}.id`, right: 'must differ from the other ids of this purpose' });
        ids.add(id);
      }
      if (typeof key === 'string') {
        const twin = places.get(key);
        if (twin) faults.push({ setting: `${place}.key`, right: `must not be the same key as ${twin}` });
        else places.set(key, place);
      }
    });
  }
  return faults;
}

function entryFaults(entry: unknown, place: string, production: boolean): Fault[] {
  if (typeof entry !== 'object' || entry === null)
    return [{ setting: place, right: 'must be an object with id and key' }];
  const { id, key, ...others } = entry as { id?: unknown; key?: unknown };
  const faults: Fault[] = [];
  if (typeof id !== 'string' || !KEY_ID.test(id)) {
    faults.push({ setting: `${place}.id`, right: 'must be 1 to 16 characters of a–z, 0–9 and hyphen' });
  }
  if (typeof key !== 'string' || !BASE64.test(key)) {
    faults.push({
      setting: `${place}.key`,
      right: `must be ${KEY_BYTES} random bytes in base64 (openssl rand -base64 32)`,
    });
  } else if (production) {
    const bytes = Buffer.from(key, 'base64');
    if (isSampleKey(bytes))
      faults.push({ setting: `${place}.key`, right: 'must not be the published sample key' });
    else if (isWeakKey(bytes))
      faults.push({ setting: `${place}.key`, right: 'must be random: this one is a pattern or text' });
  }
  if (Object.keys(others).length > 0)
    faults.push({ setting: place, right: 'must have nothing but id and key' });
  return faults;
}

/**
 * Reads a keyring file.
 * @throws ConfigurationError with every fault at once, never with a value.
 */
export function parseKeyring(json: string): Keyring {
  const entries = readEntries(json);
  const lists = new Map<KeyPurpose, readonly Key[]>();
  for (const purpose of KEY_PURPOSES) lists.set(purpose, entries[purpose].map(toKey));
  const all = (purpose: KeyPurpose) => lists.get(purpose)!;
  return {
    all,
    current: (purpose) => all(purpose)[0]!,
    byId: (purpose, id) => all(purpose).find((key) => key.id === id),
  };
}

/** A new keyring with one random key for each purpose, as the text of its file. */
export function generateKeyring(now = new Date()): string {
  const entries = Object.fromEntries(KEY_PURPOSES.map((purpose) => [purpose, [freshEntry(nextId([], now))]]));
  return write(entries as Entries);
}

/**
 * The same keyring with a new key for one purpose; the older ones stay, to open what they sealed. The new key
 * becomes the current one, or stands second: known to every node that has the file, used by none.
 */
export function rotateKeyring(
  json: string,
  purpose: KeyPurpose,
  now = new Date(),
  { standby = false } = {},
): string {
  const entries = readEntries(json);
  const [current, ...older] = entries[purpose] as [Entry, ...Entry[]];
  const taken = entries[purpose].map((entry) => entry.id);
  const fresh = freshEntry(nextId(taken, now));
  const list = standby ? [current, fresh, ...older] : [fresh, current, ...older];
  return write({ ...entries, [purpose]: list });
}

/** The same keyring with the first two keys of a purpose changed round; undefined where there is only one. */
export function promoteKey(json: string, purpose: KeyPurpose): string | undefined {
  const entries = readEntries(json);
  const [current, standby, ...older] = entries[purpose];
  if (!current || !standby) return undefined;
  return write({ ...entries, [purpose]: [standby, current, ...older] });
}

function readEntries(json: string): Entries {
  const faults = keyringFaults(json, { production: false });
  if (faults.length > 0) throw new ConfigurationError(faults);
  return JSON.parse(json) as Entries;
}

function readTree(json: string): Record<string, unknown> | undefined {
  try {
    const tree: unknown = JSON.parse(json);
    return typeof tree === 'object' && tree !== null && !Array.isArray(tree)
      ? (tree as Record<string, unknown>)
      : undefined;
  } catch {
    // The parser's own message quotes the text, and the text holds keys.
    return undefined;
  }
}

function toKey({ id, key }: { id: string; key: string }): Key {
  const bytes = Buffer.from(key, 'base64');
  return { id, bytes, key: createSecretKey(bytes) };
}

const freshEntry = (id: string) => ({ id, key: randomBytes(KEY_BYTES).toString('base64') });

/** The year and the next free letter: 2026a, 2026b, … 2026z, 2026-27, 2026-28. */
function nextId(taken: readonly string[], now: Date): string {
  const year = now.getUTCFullYear();
  for (let n = 0; ; n += 1) {
    const id = n < 26 ? `${year}${String.fromCharCode(97 + n)}` : `${year}-${n + 1}`;
    if (!taken.includes(id)) return id;
  }
}

const write = (entries: Entries) => `${JSON.stringify(entries, null, 2)}\n`;
