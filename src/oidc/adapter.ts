/**
 * What the OpenID library asks of a store, over a {@link RecordStore}. The library reads whether a code was
 * used, then says "consume" and does not listen to the answer; here the store decides, and of any number of
 * parallel ones all but one are refused (design: single use). `find` still returns what is used up, for the
 * library answers a second use by ending the whole grant.
 */
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import type { Clock } from '../platform/clock.ts';
import { type Content, openContent, sealContent, toContent, toPayload } from './record-content.ts';
import {
  fromHandle,
  grantKeyOf,
  recordKey,
  sessionAlias,
  toHandle,
  type UserCodeAliases,
} from './record-hash.ts';
import { type RecordModel, recordModel } from './record-models.ts';
import type { RecordSeal } from './record-seal.ts';
import type { NewRecord, RecordStore, StoredRecord } from './record-store.ts';
import { nameOf, type RequestMemory, settleWaiting } from './request-memory.ts';
import { mergeSession } from './session-merge.ts';

export interface AdapterParts {
  store: RecordStore;
  seal: RecordSeal;
  userCodes: UserCodeAliases;
  clock: Clock;
  /** A session is not written again when its end would only move by this many seconds or less. */
  sessionSlack: number;
  /** The running request's, undefined outside of one. */
  memory(): RequestMemory | undefined;
}

const MERGES = 4;
/** A session of 30 minutes may end one minute early, one of ten seconds on the second. */
const SLACK_SHARE = 30;

export class RecordAdapter implements Adapter {
  readonly #name: string;
  readonly #model: RecordModel;
  readonly #parts: AdapterParts;

  constructor(name: string, parts: AdapterParts) {
    this.#name = name;
    this.#model = recordModel(name);
    this.#parts = parts;
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const { store } = this.#parts;
    const memory = await this.#settled();
    const key = recordKey(this.#name, id);
    if (this.#model.inCompany && memory?.presentsToken && store.findInCompany) {
      const company = await store.findInCompany(key);
      if (!company) return undefined;
      const { grantKey, grant, sessionAlias: alias, session } = company;
      if (grantKey && grant !== undefined) memory.grants.set(nameOf(grantKey), grant);
      if (alias && session !== undefined) memory.companions.set(nameOf(alias), session);
      return this.#read(company.record, id, memory);
    }
    const stored = await store.find(key);
    return stored && this.#read(stored, id, memory);
  }

  /** Sessions only. The session is known by its uid alone, so it goes by a handle instead of its id. */
  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    const memory = await this.#settled();
    const alias = sessionAlias(uid);
    const companion = memory?.companions.get(nameOf(alias));
    if (companion === null) return undefined;
    const stored = companion ?? (await this.#parts.store.findByAlias(alias));
    const found = stored && this.#read(stored, toHandle(stored.key), memory);
    return found?.uid === uid ? found : undefined;
  }

  /** Device codes only. */
  async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    await this.#settled();
    for (const alias of this.#parts.userCodes.all(userCode)) {
      const stored = await this.#parts.store.findByAlias(alias);
      if (stored) return this.#read(stored, undefined);
    }
    return undefined;
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    const { store } = this.#parts;
    const memory = this.#parts.memory();
    const key = this.#keyOf(id);
    const waiting = memory?.toConsume;
    if (memory && waiting?.successor === this.#name && store.consumeAndPut) {
      memory.toConsume = undefined;
      const done = await store.consumeAndPut(
        waiting.key,
        this.#now(),
        this.#toRecord(key, payload, expiresIn),
      );
      if (!done) throw this.#usedUp();
      return;
    }
    await this.#settled();
    if (this.#name === 'Session') return this.#saveSession(key, payload, expiresIn, memory);
    const record = this.#toRecord(key, payload, expiresIn);
    if (this.#name !== 'ReplayDetection') return store.put(record);
    if (!(await store.reserve(record, this.#now()))) throw new errors.InvalidGrant('already presented');
  }

  /**
   * @throws errors.InvalidGrant (or InvalidRequestUri for a pushed request) for all but one. A refresh token is
   * used up in the same statement that writes its successor, the library's very next step: a crash leaves
   * either the old one good or the new one written. A code likewise with the access token, where one is going
   * to be stored; it saves a round trip. Then the refusal comes from the writing, and for what was never
   * written, from {@link settleWaiting}.
   */
  async consume(id: string): Promise<void> {
    const { store } = this.#parts;
    const memory = await this.#settled();
    const key = this.#keyOf(id);
    const settle = async () => {
      if (!(await store.consume(key, this.#now()))) throw this.#usedUp();
    };
    const { successor } = this.#model;
    const waits = memory && store.consumeAndPut && successor && !memory.namesResource;
    if (waits) memory.toConsume = { key, successor, settle };
    else await settle();
  }

  async destroy(id: string): Promise<void> {
    const memory = await this.#settled();
    const key = this.#keyOf(id);
    memory?.sessions.delete(nameOf(key));
    await this.#parts.store.destroy(key);
  }

  /** Ends what the grant gave out, of every model: the library asks for each in turn. */
  async revokeByGrantId(grantId: string): Promise<void> {
    await this.#settled();
    await this.#parts.store.destroyByGrant(grantKeyOf(grantId));
  }

  /**
   * Remembers something that may be presented once until `expiresAt` (seconds since 1970).
   * @returns whether this was the first time; of parallel calls exactly one is
   */
  async remember(id: string, expiresAt: number): Promise<boolean> {
    await this.#settled();
    const key = recordKey(this.#name, id);
    return this.#parts.store.reserve(this.#toRecord(key, { exp: expiresAt }), this.#now());
  }

  /** Reads one that another list led to, as {@link findByUid} does. */
  open(stored: StoredRecord): AdapterPayload | undefined {
    return this.#read(stored, toHandle(stored.key));
  }

  #now(): number {
    return Math.floor(this.#parts.clock.now().getTime() / 1000);
  }

  #keyOf(id: string): Buffer {
    return (this.#name === 'Session' && fromHandle(id)) || recordKey(this.#name, id);
  }

  /** A deferred consumption comes before anything else the request does. */
  async #settled(): Promise<RequestMemory | undefined> {
    const memory = this.#parts.memory();
    await settleWaiting(memory);
    return memory;
  }

  #usedUp(): errors.OIDCProviderError {
    return this.#name === 'PushedAuthorizationRequest'
      ? new errors.InvalidRequestUri('request_uri is invalid, expired, or was already used')
      : new errors.InvalidGrant('already used');
  }

  #read(stored: StoredRecord, id: string | undefined, memory?: RequestMemory): AdapterPayload | undefined {
    const content = openContent(this.#parts.seal, stored);
    if (!content || this.#isOver(content)) return undefined;
    if (memory && this.#name === 'Session') {
      memory.sessions.set(nameOf(stored.key), { ...content, sealed: stored.sealed });
    }
    const payload = toPayload(content);
    // A token for an interface may be a JWT, which is not stored: nothing would be written with the consumption.
    if (memory && payload.resource !== undefined) memory.namesResource = true;
    payload.kind = this.#name;
    if (id !== undefined) payload.jti = id;
    if (stored.consumedAt !== undefined) payload.consumed = stored.consumedAt;
    return payload;
  }

  #isOver({ exp }: Content): boolean {
    return exp !== undefined && exp + this.#model.afterExpiry <= this.#now();
  }

  #toRecord(key: Buffer, payload: AdapterPayload, expiresIn?: number): NewRecord {
    const { grantId, uid, userCode, sessionUid, expiresWithSession, accountId, consumed } = payload;
    const content = toContent(payload, this.#name === 'DeviceCode');
    content.exp ??= expiresIn === undefined ? undefined : this.#now() + expiresIn;
    const { afterExpiry, margin, ofGrant, waitsForDisk } = this.#model;
    const isSession = this.#name === 'Session';
    return {
      key,
      model: this.#name,
      sealed: sealContent(this.#parts.seal, key, content),
      expiresAt: content.exp === undefined ? undefined : content.exp + afterExpiry + margin,
      consumedAt: typeof consumed === 'number' ? consumed : undefined,
      grantKey: ofGrant && grantId ? grantKeyOf(grantId) : undefined,
      alias: isSession && uid ? sessionAlias(uid) : this.#userCodeAlias(userCode),
      sessionAlias: expiresWithSession && sessionUid ? sessionAlias(sessionUid) : undefined,
      accountId: isSession ? accountId : undefined,
      waitsForDisk,
    };
  }

  #userCodeAlias(userCode: string | undefined): Buffer | undefined {
    return this.#name === 'DeviceCode' && userCode ? this.#parts.userCodes.current(userCode) : undefined;
  }

  /**
   * The library saves the session at the end of every request. Nothing is written when nothing but the expiry
   * moved, and that little; a session read in this request is only ever written over itself: one that was
   * ended meanwhile stays ended, one that was changed meanwhile keeps both changes.
   */
  async #saveSession(
    key: Buffer,
    payload: AdapterPayload,
    expiresIn = 0,
    memory?: RequestMemory,
  ): Promise<void> {
    const { store, seal } = this.#parts;
    const asRead = memory?.sessions.get(nameOf(key));
    if (!memory || !asRead) return store.put(this.#toRecord(key, payload, expiresIn));
    const { text, exp } = toContent(payload, false);
    const slack = Math.min(this.#parts.sessionSlack, Math.floor(expiresIn / SLACK_SHARE));
    if (asRead.text === text && movedLittle(asRead.exp, exp, slack)) return;
    let mine = payload;
    let was = asRead.sealed;
    for (let turn = 0; turn < MERGES; turn += 1) {
      const record = this.#toRecord(key, mine, expiresIn);
      if (await store.replace(record, was)) {
        memory.sessions.set(nameOf(key), { ...toContent(mine, false), sealed: record.sealed });
        return;
      }
      const resting = await store.find(key);
      const theirs = resting && openContent(seal, resting);
      if (!resting || !theirs || this.#isOver(theirs)) return;
      mine = mergeSession(toPayload(asRead), payload, toPayload(theirs));
      was = resting.sealed;
    }
    await store.put(this.#toRecord(key, mine, expiresIn));
  }
}

/** Only forward, and by so little that ending on the older time is no harm. */
function movedLittle(was: number | undefined, is: number | undefined, slack: number): boolean {
  if (was === undefined || is === undefined) return was === is;
  return is >= was && is - was <= slack;
}
