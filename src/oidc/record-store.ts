/** Where records rest: the port that PostgreSQL and Redis fill. Knows bytes, not protocols. */

export interface NewRecord {
  key: Buffer;
  model: string;
  sealed: Buffer;
  /** Seconds since 1970 after which it may be forgotten; undefined: never. */
  expiresAt: number | undefined;
  consumedAt?: number | undefined;
  grantKey?: Buffer | undefined;
  /** Second name to find it by. */
  alias?: Buffer | undefined;
  /** Alias of the session it lives with. */
  sessionAlias?: Buffer | undefined;
  /** Sessions only: whose. */
  accountId?: string | undefined;
  /** Whether losing it in a crash of the store would break a promise. */
  waitsForDisk: boolean;
}

export interface StoredRecord {
  key: Buffer;
  sealed: Buffer;
  /** Seconds since 1970. */
  consumedAt?: number | undefined;
}

/** A record with what it belongs to; `undefined` where the store does not know, `null` where there is none. */
export interface Company {
  record: StoredRecord;
  grantKey: Buffer | undefined;
  grant: StoredRecord | null | undefined;
  sessionAlias: Buffer | undefined;
  session: StoredRecord | null | undefined;
}

export interface RecordStore {
  find(key: Buffer): Promise<StoredRecord | undefined>;
  findByAlias(alias: Buffer): Promise<StoredRecord | undefined>;
  /** In one read with its grant and session, where they rest in the same store. */
  findInCompany?(key: Buffer): Promise<Company | undefined>;
  /** Writes it, over an older one of the same key. */
  put(record: NewRecord): Promise<void>;
  /** Writes it only if what rests there is still `was`. @returns whether it did */
  replace(record: NewRecord, was: Buffer): Promise<boolean>;
  /** Writes it only if none is there that has not expired. @returns whether it did; of parallel ones exactly one does */
  reserve(record: NewRecord, now: number): Promise<boolean>;
  /** Marks it used up. @returns whether it was not before; of parallel ones exactly one is told so */
  consume(key: Buffer, at: number): Promise<boolean>;
  /** As {@link consume}, and if so writes its successor, both or neither. */
  consumeAndPut?(key: Buffer, at: number, successor: NewRecord): Promise<boolean>;
  destroy(key: Buffer): Promise<void>;
  /** Forgets everything of a grant, of whatever model. */
  destroyByGrant(grantKey: Buffer): Promise<void>;
  /** The sessions of a person that have not expired. */
  sessionsOf(accountId: string, now: number): Promise<StoredRecord[]>;
}
