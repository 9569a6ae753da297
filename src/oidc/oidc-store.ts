/**
 * The provider's memory, as one thing: an adapter per model for the library, and what our own rooms ask of it
 * (a person's sessions and grants, proofs presented once).
 *
 * Grants and refresh tokens rest in PostgreSQL. What lives minutes or hours rests in Redis when configured,
 * else in PostgreSQL too.
 */
import { hash } from 'node:crypto';
import type { Adapter, AdapterPayload, Provider } from 'oidc-provider';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/postgres.ts';
import type { FastStore } from '../platform/redis.ts';
import type { Keyring } from '../platform/seal/keyring.ts';
import type { SuiteName } from '../platform/seal/sealer.ts';
import { RecordAdapter } from './adapter.ts';
import { makeGrantAdapter } from './grant-adapter.ts';
import { makePostgresRecords } from './postgres-adapter.ts';
import { makeUserCodeAliases } from './record-hash.ts';
import { recordModel } from './record-models.ts';
import { makeRecordSeal } from './record-seal.ts';
import { makeRedisRecords } from './redis-adapter.ts';
import { makeRequestMemories, type RequestContext, settleWaiting } from './request-memory.ts';

export interface OidcStoreOptions {
  database: Database;
  redis: FastStore | undefined;
  keyring: Keyring;
  clock: Clock;
  /** Of the seals; AES unless told otherwise. */
  suite?: SuiteName;
  /** A session is not written again when its end would only move by this or less; 60 unless told otherwise. */
  sessionSlackSeconds?: number;
  /** Which request is running, for tests. */
  context?: () => RequestContext | undefined;
}

export interface OidcStore {
  /** The library's `adapter` option. One adapter per model, shared by all providers built over this store. */
  adapter(model: string): Adapter;
  /**
   * A person's sessions that have not expired. Their `jti` is a handle: `adapter('Session').destroy(jti)` ends
   * one, but nothing finds a session by it.
   */
  sessionsOf(accountId: string): Promise<AdapterPayload[]>;
  /** A person's grants, each with its id as `jti`; of one client if given. Latest end first. */
  grantsOf(accountId: string, clientId?: string): Promise<AdapterPayload[]>;
  /** Forgets all tokens and codes of a grant, and then the grant. */
  endGrant(grantId: string): Promise<void>;
  /**
   * Whether `jti` of this issuer is presented for the first time until `expiresAt` (seconds since 1970). Of
   * parallel presentations, on any node, exactly one is the first.
   */
  isFirst(issuer: string, jti: string, expiresAt: number): Promise<boolean>;
  /**
   * Makes a provider judge assertions and DPoP proofs by {@link isFirst}. The library looks and then writes,
   * so two proofs at once would both pass; the adapter refuses the second too, but can only say invalid_grant.
   */
  guardReplay(provider: Provider): void;
  /**
   * To be called when a request has been answered: uses up what it meant to use up together with a record that
   * it then did not write. @throws errors.InvalidGrant when somebody else was first
   */
  settle(request: RequestContext): Promise<void>;
}

export function openOidcStore(options: OidcStoreOptions): OidcStore {
  const { database, redis, keyring, clock, suite = 'aes', sessionSlackSeconds: sessionSlack = 60 } = options;
  const memories = makeRequestMemories(options.context);
  const memory = memories.current;
  const seal = makeRecordSeal(keyring, suite);
  const lasting = makePostgresRecords(database, { withSessions: !redis });
  const passing = redis ? makeRedisRecords(redis, clock) : lasting;
  const parts = { seal, clock, memory, sessionSlack, userCodes: makeUserCodeAliases(keyring) };
  const grants = makeGrantAdapter({ database, seal, clock, memory });
  const adapters = new Map<string, RecordAdapter>();

  function recordAdapter(model: string): RecordAdapter {
    let adapter = adapters.get(model);
    if (!adapter) {
      adapter = new RecordAdapter(model, { ...parts, store: recordModel(model).durable ? lasting : passing });
      adapters.set(model, adapter);
    }
    return adapter;
  }

  const isFirst = (issuer: string, jti: string, expiresAt: number) =>
    // Both parts apart: 'a' + 'bc' is not 'ab' + 'c'.
    recordAdapter('ReplayDetection').remember(
      hash('sha256', JSON.stringify([issuer, jti]), 'base64url'),
      // A NumericDate may have a fraction (RFC 7519 section 2); our columns and Redis have none.
      Math.ceil(expiresAt),
    );

  return {
    adapter: (model) => (model === 'Grant' ? grants : recordAdapter(model)),
    async sessionsOf(accountId) {
      const now = Math.floor(clock.now().getTime() / 1000);
      const stored = await passing.sessionsOf(accountId, now);
      const found = stored.map((each) => recordAdapter('Session').open(each));
      return found.filter((session) => session?.accountId === accountId) as AdapterPayload[];
    },
    grantsOf: (accountId, clientId) => grants.ofAccount(accountId, clientId),
    async endGrant(grantId) {
      await recordAdapter('AccessToken').revokeByGrantId(grantId);
      if (redis) await recordAdapter('RefreshToken').revokeByGrantId(grantId);
      await grants.destroy(grantId);
    },
    isFirst,
    guardReplay(provider) {
      provider.ReplayDetection.unique = isFirst;
    },
    settle: (request) => settleWaiting(memories.of(request)),
  };
}

/** The adapters alone, in the shape of the library's `adapter` option. */
export const makeAdapterFactory = (options: OidcStoreOptions): ((model: string) => Adapter) =>
  openOidcStore(options).adapter;
