/** What one request has learnt from the stores and may use again before it ends. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { Provider } from 'oidc-provider';
import type { StoredRecord } from './record-store.ts';

/** The part of the library's request context that is looked at. */
export interface RequestContext {
  oidc?: { route?: string | undefined; params?: { resource?: unknown } | undefined };
}

export interface SessionAsRead {
  text: string;
  exp: number | undefined;
  sealed: Buffer;
}

export interface RequestMemory {
  /** Whether a token is presented: then a grant may be a few seconds old. */
  presentsToken: boolean;
  /** Sessions by name of their key, as this request read them. */
  sessions: Map<string, SessionAsRead>;
  /** Grants and sessions that came along with a token, by name of key or alias; null: there is none. */
  grants: Map<string, StoredRecord | null>;
  companions: Map<string, StoredRecord | null>;
  /** What is used up together with the writing of the record that follows it, of this model. */
  toConsume?: { key: Buffer; successor: string; settle(): Promise<void> } | undefined;
  /** Something read in this request was made for an interface (RFC 8707). */
  namesResource: boolean;
}

/** Uses up what still waits for a successor. @throws as the adapter's `consume` does */
export async function settleWaiting(memory: RequestMemory | undefined): Promise<void> {
  const waiting = memory?.toConsume;
  if (!memory || !waiting) return;
  memory.toConsume = undefined;
  await waiting.settle();
}

const PRESENTING = new Set(['token', 'userinfo', 'introspection']);

/** Requests that our own pages answer, outside of the library. */
const ownRequests = new AsyncLocalStorage<RequestContext>();

/**
 * Runs `work` as one request: a session read in it is written back only over itself, and not at all when
 * nothing changed. For pages that read a session and may save it.
 */
export const asOneRequest = <Result>(work: () => Promise<Result>): Promise<Result> =>
  ownRequests.run({}, work);

/** The request that this call belongs to: the library's own, by its AsyncLocalStorage, or one of ours. */
const currentContext = (): RequestContext | undefined =>
  (Provider as unknown as { ctx: RequestContext | undefined }).ctx ?? ownRequests.getStore();

export interface RequestMemories {
  /** Of the running request; made at the first use. */
  current(): RequestMemory | undefined;
  /** Of this request, if it has used its memory. */
  of(request: RequestContext): RequestMemory | undefined;
}

/** @param context which request is running, for tests; undefined outside of one */
export function makeRequestMemories(context = currentContext): RequestMemories {
  const memories = new WeakMap<RequestContext, RequestMemory>();
  return {
    of: (request) => memories.get(request),
    current() {
      const request = context();
      if (!request) return undefined;
      let memory = memories.get(request);
      if (!memory) {
        memory = {
          presentsToken: PRESENTING.has(request.oidc?.route ?? ''),
          sessions: new Map(),
          grants: new Map(),
          companions: new Map(),
          namesResource: request.oidc?.params?.resource !== undefined,
        };
        memories.set(request, memory);
      }
      return memory;
    },
  };
}

export const nameOf = (key: Buffer): string => key.toString('base64url');
