/**
 * Grants, always in PostgreSQL. One that is there may be seen as it was up to {@link CACHE_SECONDS} ago, inside
 * the five seconds within which a revoked one must stop working everywhere. A grant is never changed once it is
 * stored (grants.ts), so an older look at it is never wrong in what it covers; that there is none is never
 * remembered.
 */
import { LRUCache } from 'lru-cache';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { Clock } from '../platform/clock.ts';
import { type Database, sql } from '../platform/postgres.ts';
import { type Content, openContent, sealContent, toContent, toPayload } from './record-content.ts';
import { grantKeyOf } from './record-hash.ts';
import type { RecordSeal } from './record-seal.ts';
import { nameOf, type RequestMemory } from './request-memory.ts';

const CACHE_SECONDS = 2.5;
const CACHED = 20_000;

interface Row {
  key: Buffer;
  sealed: Buffer;
}

const FIND = sql('oidc_grant_find', 'SELECT key, sealed FROM oidc_grant WHERE key = $1');
const PUT = sql(
  'oidc_grant_put',
  `INSERT INTO oidc_grant (key, account_id, client_id, expires_at, sealed) VALUES ($1, $2, $3, $4, $5)
   ON CONFLICT (key) DO UPDATE SET account_id = EXCLUDED.account_id, client_id = EXCLUDED.client_id,
     expires_at = EXCLUDED.expires_at, sealed = EXCLUDED.sealed`,
);
const DESTROY = sql('oidc_grant_destroy', 'DELETE FROM oidc_grant WHERE key = $1');
const OF_ACCOUNT = sql(
  'oidc_grant_of_account',
  `SELECT key, sealed FROM oidc_grant
   WHERE account_id = $1 AND ($2::text IS NULL OR client_id = $2) AND (expires_at IS NULL OR expires_at > $3)
   ORDER BY expires_at DESC`,
);

export interface GrantParts {
  database: Database;
  seal: RecordSeal;
  clock: Clock;
  memory(): RequestMemory | undefined;
}

export interface GrantAdapter extends Adapter {
  /** A person's grants that have not expired, latest end first; of one client if given. */
  ofAccount(accountId: string, clientId?: string): Promise<AdapterPayload[]>;
}

export function makeGrantAdapter({ database, seal, clock, memory }: GrantParts): GrantAdapter {
  // Text, not objects: the library changes what it is handed in place.
  const cache = new LRUCache<string, Content>({ max: CACHED, ttl: CACHE_SECONDS * 1000 });
  const now = () => Math.floor(clock.now().getTime() / 1000);

  const read = (content: Content | undefined): AdapterPayload | undefined =>
    content && (content.exp === undefined || content.exp > now())
      ? { ...toPayload(content), kind: 'Grant' }
      : undefined;

  function forget(key: Buffer): void {
    cache.delete(nameOf(key));
    memory()?.grants.delete(nameOf(key));
  }

  const never = async () => {
    throw new Error('a grant is neither consumed nor found by another name');
  };

  return {
    async find(id) {
      const key = grantKeyOf(id);
      const name = nameOf(key);
      const request = memory();
      const came = request?.grants.get(name);
      if (came === null) return undefined;
      const known = came ? openContent(seal, came) : cache.get(name);
      // Only what was read just now: a hit must not make itself younger.
      if (came && known) cache.set(name, known);
      if (known) return read(known);
      const [row] = await database.query<Row>(FIND, [key]);
      const content = row && openContent(seal, row);
      if (content) cache.set(name, content);
      return read(content);
    },
    async upsert(id, payload, expiresIn) {
      const key = grantKeyOf(id);
      const content = toContent({ ...payload, jti: id }, true);
      content.exp ??= expiresIn === undefined ? undefined : now() + expiresIn;
      const { accountId = null, clientId = null } = payload;
      const sealed = sealContent(seal, key, content);
      await database.query(PUT, [key, accountId, clientId, content.exp ?? null, sealed]);
      forget(key);
    },
    async destroy(id) {
      const key = grantKeyOf(id);
      await database.query(DESTROY, [key]);
      forget(key);
    },
    async ofAccount(accountId, clientId) {
      const rows = await database.query<Row>(OF_ACCOUNT, [accountId, clientId ?? null, now()]);
      return rows.map((row) => read(openContent(seal, row))).filter((grant) => grant !== undefined);
    },
    consume: never,
    findByUid: never,
    findByUserCode: never,
    revokeByGrantId: never,
  };
}
