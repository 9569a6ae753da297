/**
 * The keys that sign tokens: sealed in the database, the same on every node, changed while serving.
 *
 *   next      published, so that departments know it before the first signature
 *   current   signs
 *   retired   published until the last token it signed has expired, then gone
 *
 * Every node looks for changes every few seconds. A node that has not looked yet knows the new current key as
 * the next one already, so what another node signs is never unknown here.
 */
import type { JWK } from 'jose';
import type { ExternalSigningKey } from 'oidc-provider';
import type { AuditTrail } from '../audit/trail.ts';
import type { Clock } from '../platform/clock.ts';
import { done, failed, type Outcome } from '../platform/failure.ts';
import type { Log } from '../platform/observe/log.ts';
import type { Database, Transaction } from '../platform/postgres.ts';
import type { Sealer } from '../platform/seal/sealer.ts';
import { InProcessKey, KEY_FAMILIES, makeKey } from './key-families.ts';
import { type SigningKeySettings, signingKeySettings } from './keys-settings.ts';
import {
  insertKey,
  type KeyRow,
  type KeyState,
  listKeys,
  listSealedKeys,
  lockKeys,
  promoteNext,
  removeRetired,
  replaceSeal,
} from './keys-store.ts';

type PrivateKey = JWK & { kid: string };

/** A key as operators see it. */
export interface KeyListing {
  kid: string;
  family: string;
  /** The algorithms it serves, such as `RS256 PS256`. */
  alg: string;
  state: KeyState;
  /** When it was published, began to sign, or retired. */
  since: Date;
}

export interface Rotation {
  /** What signs from now on. */
  current: { family: string; kid: string }[];
  /** What is published to sign next. */
  next: { family: string; kid: string }[];
}

export interface RotateOptions {
  /** Who asks, as in the audit trail: `operator:<id>`, `system`. */
  actor: string;
  /** Also with a key that was published too recently: departments may meet signatures they cannot check yet. */
  force?: boolean;
  /** Only of these; all otherwise. */
  families?: string[];
}

export interface SigningKeys {
  /** Private JWK set for the library: what signs stands first. The same object until the keys change. */
  jwks(): { keys: PrivateKey[] };
  /** The same set with EC and OKP keys that sign in process (the library's `externalSigningSupport`). */
  signers(): { keys: (PrivateKey | ExternalSigningKey)[] };
  /** Changes with every change of the keys; the same on every node that has the same keys. */
  readonly version: string;
  /** Called after the keys changed, here or on another node. Returns how to stop listening. */
  onChange(listener: () => void): () => void;
  /** Makes what is missing: everything at the first start. Two nodes at once make one set. */
  ensure(): Promise<void>;
  /** The next keys sign, the current ones retire, new next ones are published. Failure `key-published-too-recently`. */
  rotate(options: RotateOptions): Promise<Outcome<Rotation>>;
  /** Looks for changes now. */
  refresh(): Promise<void>;
  list(): Promise<KeyListing[]>;
  /** Seals with the keyring's current key what an older one sealed. @returns how many */
  reseal(): Promise<number>;
  close(): Promise<void>;
}

export interface SigningKeyOptions {
  database: Database;
  sealer: Sealer;
  clock: Clock;
  trail: AuditTrail;
  settings?: SigningKeySettings | undefined;
  log?: Log | undefined;
}

/** Opens the keys, makes the first ones, and follows changes from now on. */
export async function openSigningKeys(options: SigningKeyOptions): Promise<SigningKeys> {
  const { database, sealer, clock, trail, log, settings = signingKeySettings.parse({}) } = options;
  const listeners = new Set<() => void>();
  let rows: KeyRow[] = [];
  let version = '';
  let jwks: { keys: PrivateKey[] } = { keys: [] };
  let signers: { keys: (PrivateKey | ExternalSigningKey)[] } = { keys: [] };

  const place = (kid: string) => ({ table: 'oidc_signing_key', column: 'sealed', row: kid });

  let looking: Promise<void> = Promise.resolve();
  /** One look after the other: an older answer must not overtake a newer one. */
  function refresh(): Promise<void> {
    const look = looking.then(readAgain);
    looking = look.catch(() => {});
    return look;
  }

  async function readAgain(): Promise<void> {
    await removeOverdue();
    const present = await listKeys(database);
    if (versionOf(present) === version) return;
    const sealed = await listSealedKeys(database);
    const keys = sealed.map((row) => JSON.parse(sealer.open(place(row.kid), row.sealed)) as PrivateKey);
    rows = sealed;
    jwks = { keys };
    signers = { keys: keys.map((key, at) => toSigner(key, sealed[at]!.family)) };
    version = versionOf(sealed);
    for (const listener of listeners) listener();
  }

  async function removeOverdue(): Promise<void> {
    const before = new Date(clock.now().getTime() - settings.retiredSeconds * 1000);
    if (!rows.some((row) => row.retiredAt && row.retiredAt <= before)) return;
    await database.transaction(async (tx) => {
      const gone = await removeRetired(tx, before);
      // Another node was first.
      if (gone.length === 0) return;
      const kids = gone.map(({ kid }) => kid);
      await trail.append(tx, { type: 'keys.retired', actor: 'system', outcome: 'success', detail: { kids } });
    });
  }

  async function insert(tx: Transaction, family: string, state: 'next' | 'current', key: PrivateKey) {
    const sealed = sealer.seal(place(key.kid), JSON.stringify(key));
    await insertKey(tx, { kid: key.kid, family, state, sealed, at: clock.now() });
  }

  async function ensure(): Promise<void> {
    if (missing(await listKeys(database)).length === 0) return refresh();
    // Made before the lock is taken: an RSA key takes a while.
    const made = await Promise.all(
      Object.keys(KEY_FAMILIES).map(async (family) => ({
        family,
        current: await makeKey(family, settings.rsaBits),
        next: await makeKey(family, settings.rsaBits),
      })),
    );
    await database.transaction(async (tx) => {
      await lockKeys(tx);
      const places = missing(await listKeys(tx));
      for (const { family, state } of places) {
        await insert(tx, family, state, made.find((each) => each.family === family)![state]);
      }
      if (places.length === 0) return;
      const kids = places.map((each) => made.find(({ family }) => family === each.family)![each.state].kid);
      const detail = { kids, first: true };
      await trail.append(tx, { type: 'keys.rotated', actor: 'system', outcome: 'success', detail });
    });
    await refresh();
  }

  async function rotate({ actor, force = false, families }: RotateOptions): Promise<Outcome<Rotation>> {
    const chosen = families ?? Object.keys(KEY_FAMILIES);
    const unknown = chosen.find((family) => !(family in KEY_FAMILIES));
    if (unknown !== undefined) return failed('key-family-unknown', 400, { params: { family: unknown } });
    await ensure();
    const fresh = new Map<string, PrivateKey>();
    for (const family of chosen) fresh.set(family, await makeKey(family, settings.rsaBits));
    const outcome = await database.transaction(async (tx): Promise<Outcome<Rotation>> => {
      await lockKeys(tx);
      const wait = force ? 0 : longestWait(await listKeys(tx), chosen);
      if (wait > 0) return failed('key-published-too-recently', 409, { retryAfter: wait });
      const rotation: Rotation = { current: [], next: [] };
      for (const family of chosen) {
        const key = fresh.get(family)!;
        const kid = await promoteNext(tx, family, clock.now());
        if (kid === undefined) throw new Error(`no ${family} key was published to sign next`);
        await insert(tx, family, 'next', key);
        rotation.current.push({ family, kid });
        rotation.next.push({ family, kid: key.kid });
      }
      const detail = { families: chosen, kids: rotation.current.map(({ kid }) => kid), forced: force };
      await trail.append(tx, { type: 'keys.rotated', actor, outcome: 'success', detail });
      return done(rotation);
    });
    await refresh();
    return outcome;
  }

  /** Seconds until the youngest of the next keys has been published long enough. */
  function longestWait(present: KeyRow[], families: string[]): number {
    const waits = present
      .filter(({ family, state }) => state === 'next' && families.includes(family))
      .map(({ publishedAt }) => publishedAt.getTime() + settings.publishedSeconds * 1000)
      .map((ripe) => Math.ceil((ripe - clock.now().getTime()) / 1000));
    return Math.max(0, ...waits);
  }

  async function reseal(): Promise<number> {
    let count = 0;
    for (const row of await listSealedKeys(database)) {
      if (sealer.keyId(row.sealed) === sealer.currentKeyId) continue;
      const plain = sealer.open(place(row.kid), row.sealed);
      if (await replaceSeal(database, row.kid, sealer.seal(place(row.kid), plain), row.sealed)) count += 1;
    }
    return count;
  }

  await ensure();
  const timer = setInterval(() => {
    refresh().catch((error: unknown) => {
      // The keys at hand stay good; the next look may go better.
      log?.error({ err: error }, 'the signing keys could not be read again');
    });
  }, settings.lookMs);
  timer.unref();

  return {
    jwks: () => jwks,
    signers: () => signers,
    get version() {
      return version;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ensure,
    rotate,
    refresh,
    list: async () => (await listKeys(database)).map(toListing),
    reseal,
    async close() {
      clearInterval(timer);
      await looking;
    },
  };
}

const toListing = ({ kid, family, state, publishedAt, signsFrom, retiredAt }: KeyRow): KeyListing => ({
  kid,
  family,
  alg: KEY_FAMILIES[family]?.algorithms.join(' ') ?? '',
  state,
  since: retiredAt ?? signsFrom ?? publishedAt,
});

const versionOf = (rows: KeyRow[]): string => rows.map(({ kid, state }) => `${state}:${kid}`).join(' ');

function missing(present: KeyRow[]): { family: string; state: 'next' | 'current' }[] {
  const places = Object.keys(KEY_FAMILIES).flatMap((family) =>
    (['current', 'next'] as const).map((state) => ({ family, state })),
  );
  return places.filter(
    (each) => !present.some((row) => row.family === each.family && row.state === each.state),
  );
}

function toSigner(key: PrivateKey, familyName: string): PrivateKey | ExternalSigningKey {
  const family = KEY_FAMILIES[familyName];
  return family?.sign ? new InProcessKey(key, family) : key;
}
