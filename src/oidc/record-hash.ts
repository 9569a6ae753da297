/**
 * Names under which records rest. An id that can be presented (token, code, session cookie) never rests itself,
 * only its SHA-256: ids carry 126 or more random bits, so nobody finds them from the hash. A user code is short
 * enough to be tried out, so its hash is keyed.
 */
import { createHmac, hash, type KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Keyring } from '../platform/seal/keyring.ts';
import { deriveKey } from '../platform/seal/suites.ts';

/** 32 bytes. The model stands before the id, so that a code is never found as a token. */
export const recordKey = (model: string, id: string): Buffer => hash('sha256', `${model}:${id}`, 'buffer');

/** Names of what cannot be presented, so that they may be remembered: a sign-on asks for each several times. */
const named = new LRUCache<string, Buffer>({ max: 20_000 });

function remembered(model: string, id: string): Buffer {
  const name = `${model}:${id}`;
  const known = named.get(name);
  if (known) return known;
  const key = recordKey(model, id);
  named.set(name, key);
  return key;
}

/** The second name of a session: its uid, which tokens carry to say which session they belong to. */
export const sessionAlias = (uid: string): Buffer => remembered('uid', uid);

/** A grant's, whose id is in no answer. */
export const grantKeyOf = (id: string): Buffer => remembered('Grant', id);

export interface UserCodeAliases {
  /** Under the current key. */
  current(userCode: string): Buffer;
  /** Under every key, current first: a code shown before a rotation is still found after it. */
  all(userCode: string): Buffer[];
}

export function makeUserCodeAliases(keyring: Keyring): UserCodeAliases {
  const keys = keyring.all('token').map((key) => deriveKey(key, 'sha256', 'oidc user code', 32));
  const make = (key: KeyObject, code: string) => createHmac('sha256', key).update(code).digest();
  return {
    current: (code) => make(keys[0]!, code),
    all: (code) => keys.map((key) => make(key, code)),
  };
}

const HANDLE = '~';
const HANDLE_SHAPE = /^~[A-Za-z0-9_-]{43}$/;

/**
 * Stands for the id of a record whose id we do not know, because it was found by another name. It opens
 * nothing: only destroying and rewriting accept it, finding does not, so a hash read from a dump is no cookie.
 * Ids are base64url and never begin with a tilde.
 */
export const toHandle = (key: Uint8Array): string => HANDLE + Buffer.from(key).toString('base64url');

/** The key behind a handle, or undefined for an ordinary id. */
export const fromHandle = (id: string): Buffer | undefined =>
  HANDLE_SHAPE.test(id) ? Buffer.from(id.slice(HANDLE.length), 'base64url') : undefined;
