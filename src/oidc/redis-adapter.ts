/**
 * Short-lived protocol records in Redis. One record is one key, so every step is atomic on one node and works
 * on Redis Cluster as it stands; the lists that lead to records (of a grant, of a person) are keys of their
 * own and may name records that are gone. Every key has a time to live.
 *
 * A value is ten digits (when it was used up, or zeros); then S and the alias of the session it lives with, or a
 * hyphen; then the sealed bytes.
 */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../platform/clock.ts';
import type { FastStore } from '../platform/redis.ts';
import type { Company, NewRecord, RecordStore, StoredRecord } from './record-store.ts';
import { shareInTurn } from './share-in-turn.ts';

const FRESH = '0000000000';
const WITH_SESSION = 'S';
const BY_ITSELF = '-';
/** Letters of a name: 32 bytes in base64url. */
const NAME = 43;

/** A record without an expiry of its own still leaves one day. */
const LONGEST = 400 * 86_400;

const CONSUME = `
  if redis.call('GETRANGE', KEYS[1], 0, 9) ~= '${FRESH}' then return 0 end
  redis.call('SETRANGE', KEYS[1], 0, ARGV[1])
  return 1`;

const REPLACE = `
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
  return 1`;

/**
 * Puts a member into a list. The list is a sorted set by expiry: what is over is dropped as it grows, and it lives
 * as long as its last member.
 */
const enlist = (list: string, member: string, expiresAt: string, now: string) => `
  redis.call('ZADD', ${list}, ${expiresAt}, ${member})
  redis.call('ZREMRANGEBYSCORE', ${list}, '-inf', ${now})
  local left = ${expiresAt} - ${now}
  if redis.call('TTL', ${list}) < left then redis.call('EXPIRE', ${list}, left) end
  return 1`;

const ENLIST = enlist('KEYS[1]', 'ARGV[1]', 'ARGV[2]', 'ARGV[3]');

// One command instead of two, where both keys are on one node anyhow.
const PUT_AND_ENLIST = `
  redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
  ${enlist('KEYS[2]', 'ARGV[3]', 'ARGV[4]', 'ARGV[5]')}`;

// Nothing is written for the one that comes too late.
const CONSUME_AND_PUT = `
  if redis.call('GETRANGE', KEYS[3], 0, 9) ~= '${FRESH}' then return 0 end
  redis.call('SETRANGE', KEYS[3], 0, ARGV[6])
  ${PUT_AND_ENLIST}`;

// The record, and behind it the name and the value of its session as far as they are there.
const FIND_IN_COMPANY = `
  local record = redis.call('GET', KEYS[1])
  if not record then return {} end
  if string.sub(record, 11, 11) ~= '${WITH_SESSION}' then return {record} end
  local prefix = string.sub(KEYS[1], 1, -${'oidc:r:'.length + NAME + 1})
  local session = redis.call('GET', prefix .. 'oidc:a:' .. string.sub(record, 12, ${11 + NAME}))
  if not session then return {record} end
  return {record, session, redis.call('GET', prefix .. 'oidc:r:' .. session)}`;

interface Scripts {
  oidcFindInCompanyBuffer(key: string): Promise<(Buffer | null)[]>;
  oidcConsume(key: string, at: string): Promise<number>;
  oidcReplace(key: string, was: Buffer, value: Buffer, ttl: number): Promise<number>;
  oidcEnlist(list: string, member: string, expiresAt: number, now: number): Promise<number>;
  oidcPutAndEnlist(key: string, list: string, ...put: Put): Promise<number>;
  oidcConsumeAndPut(key: string, list: string, used: string, ...put: [...Put, at: string]): Promise<number>;
}

type Put = [value: Buffer, ttl: number, member: string, expiresAt: number, now: number];

const name = (key: Buffer) => key.toString('base64url');
const recordName = (key: Buffer) => `oidc:r:${name(key)}`;
const aliasName = (alias: Buffer) => `oidc:a:${name(alias)}`;
const grantName = (grantKey: Buffer) => `oidc:g:${name(grantKey)}`;
const personName = (accountId: string) => `oidc:p:${hash('sha256', accountId, 'base64url')}`;

export function makeRedisRecords(redis: FastStore, clock: Clock): RecordStore {
  redis.defineCommand('oidcConsume', { numberOfKeys: 1, lua: CONSUME });
  redis.defineCommand('oidcReplace', { numberOfKeys: 1, lua: REPLACE });
  redis.defineCommand('oidcEnlist', { numberOfKeys: 1, lua: ENLIST });
  redis.defineCommand('oidcPutAndEnlist', { numberOfKeys: 2, lua: PUT_AND_ENLIST });
  redis.defineCommand('oidcConsumeAndPut', { numberOfKeys: 3, lua: CONSUME_AND_PUT });
  redis.defineCommand('oidcFindInCompany', { numberOfKeys: 1, lua: FIND_IN_COMPANY });
  const scripts = redis as unknown as Scripts;
  /** Which key an alias led to: a session keeps its uid for life, so a found record is the right one. */
  const led = new LRUCache<string, Buffer>({ max: 20_000 });

  const now = () => Math.floor(clock.now().getTime() / 1000);
  const lifeOf = (record: NewRecord) =>
    record.expiresAt === undefined ? LONGEST : Math.max(1, record.expiresAt - now());

  const find = async (key: Buffer) => toStored(key, await redis.getBuffer(recordName(key)));

  const putOf = (record: NewRecord): Put => {
    const ttl = lifeOf(record);
    return [toValue(record), ttl, name(record.key), now() + ttl, now()];
  };

  /** What touches several keys at once: the nodes of a cluster each hold some, there it takes single steps. */
  const together: Pick<RecordStore, 'findInCompany' | 'consumeAndPut'> | undefined = redis.isCluster
    ? undefined
    : {
        async findInCompany(key) {
          const [value = null, ...session] = await scripts.oidcFindInCompanyBuffer(recordName(key));
          return value ? toCompany(key, value, session) : undefined;
        },
        async consumeAndPut(used, at, successor) {
          const list = grantName(successor.grantKey!);
          const put = putOf(successor);
          const names = [recordName(successor.key), list, recordName(used)] as const;
          return (await scripts.oidcConsumeAndPut(...names, ...put, digits(at))) === 1;
        },
      };

  return {
    find,
    async findByAlias(alias) {
      const known = led.get(name(alias));
      const shortcut = known && (await find(known));
      if (shortcut) return shortcut;
      const target = await redis.get(aliasName(alias));
      if (!target) return undefined;
      const key = Buffer.from(target, 'base64url');
      const found = await find(key);
      if (found) led.set(name(alias), key);
      return found;
    },
    async put(record) {
      const ttl = lifeOf(record);
      const { key, alias, grantKey, accountId } = record;
      const until = now() + ttl;
      if (grantKey && !alias && together) {
        await scripts.oidcPutAndEnlist(recordName(key), grantName(grantKey), ...putOf(record));
        return;
      }
      // The lists first: what is in no list could not be ended.
      await Promise.all([
        grantKey && scripts.oidcEnlist(grantName(grantKey), name(key), until, now()),
        accountId && scripts.oidcEnlist(personName(accountId), name(key), until, now()),
        alias && redis.set(aliasName(alias), name(key), 'EX', ttl),
        redis.set(recordName(key), toValue(record), 'EX', ttl),
      ]);
      if (alias) led.set(name(alias), key);
    },
    async replace(record, was) {
      const ttl = lifeOf(record);
      const { key, alias, accountId } = record;
      const until = now() + ttl;
      const [done] = await Promise.all([
        scripts.oidcReplace(
          recordName(key),
          Buffer.concat([Buffer.from(FRESH + BY_ITSELF), was]),
          toValue(record),
          ttl,
        ),
        alias && redis.set(aliasName(alias), name(key), 'EX', ttl),
        accountId && scripts.oidcEnlist(personName(accountId), name(key), until, now()),
      ]);
      return done === 1;
    },
    async reserve(record) {
      return (await redis.set(recordName(record.key), toValue(record), 'EX', lifeOf(record), 'NX')) === 'OK';
    },
    ...together,
    async consume(key, at) {
      return (await scripts.oidcConsume(recordName(key), digits(at))) === 1;
    },
    async destroy(key) {
      await redis.unlink(recordName(key));
    },
    // The library asks for each model in turn; the first answer covers all.
    destroyByGrant: shareInTurn(grantName, async (grantKey) => {
      const list = grantName(grantKey);
      const members = await redis.zrange(list, 0, '-1');
      if (members.length === 0) return;
      await Promise.all(members.map((member) => redis.unlink(`oidc:r:${member}`)));
      // Not the list itself: something may have joined it meanwhile.
      await redis.zrem(list, ...members);
    }),
    async sessionsOf(accountId) {
      const members = await redis.zrevrange(personName(accountId), 0, '-1');
      const found = await Promise.all(members.map((member) => find(Buffer.from(member, 'base64url'))));
      return found.filter((each) => each !== undefined);
    },
  };
}

const digits = (seconds: number) => String(seconds).padStart(FRESH.length, '0');

const toValue = ({ sealed, consumedAt, sessionAlias }: NewRecord): Buffer => {
  const used = consumedAt === undefined ? FRESH : digits(consumedAt);
  const session = sessionAlias ? WITH_SESSION + name(sessionAlias) : BY_ITSELF;
  return Buffer.concat([Buffer.from(used + session, 'latin1'), sealed]);
};

const aliasIn = (value: Buffer): Buffer | undefined =>
  value[FRESH.length] === WITH_SESSION.charCodeAt(0)
    ? Buffer.from(value.toString('latin1', FRESH.length + 1, FRESH.length + 1 + NAME), 'base64url')
    : undefined;

function toStored(key: Buffer, value: Buffer | null): StoredRecord | undefined {
  if (!value) return undefined;
  const used = value.toString('latin1', 0, FRESH.length);
  return {
    key,
    sealed: value.subarray(FRESH.length + 1 + (aliasIn(value) ? NAME : 0)),
    consumedAt: used === FRESH ? undefined : Number(used),
  };
}

function toCompany(key: Buffer, value: Buffer, [sessionName, session]: (Buffer | null)[]): Company {
  const sessionKey = sessionName && Buffer.from(sessionName.toString('latin1'), 'base64url');
  const alias = aliasIn(value);
  return {
    record: toStored(key, value)!,
    grantKey: undefined,
    grant: undefined,
    sessionAlias: alias,
    session: alias && ((sessionKey && session && toStored(sessionKey, session)) || null),
  };
}
