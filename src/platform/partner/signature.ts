/**
 * How two servers that share a secret sign what they say to each other: HMAC-SHA-256 (RFC 2104) over
 * everything that matters, one item a line. The answer is signed over the request's nonce, so no answer fits
 * another question. Described for the other side's developers in docs/partners.md.
 */
import {
  createHash,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../clock.ts';

/** A shared secret under its name; the name lets both sides change the secret without a pause. */
export interface SharedKey {
  id: string;
  key: KeyObject;
}

/** What a request's signature covers. `path` includes the query. */
export interface SignedRequest {
  method: string;
  path: string;
  body: Uint8Array;
}

export type RequestFault = 'unsigned' | 'unknown-key' | 'forged' | 'clock' | 'replayed';

export const HEADER = {
  key: 'x-yihao-key',
  time: 'x-yihao-timestamp',
  nonce: 'x-yihao-nonce',
  signature: 'x-yihao-signature',
} as const;

/** Makes the key once; a KeyObject is several times cheaper per signature than a string. */
export const sharedKey = (id: string, secret: string): SharedKey => ({
  id,
  key: createSecretKey(Buffer.from(secret, 'utf8')),
});

/** The headers that sign a request. The timestamp is in whole seconds since 1970. */
export function signRequest(key: SharedKey, request: SignedRequest, now: Date): Record<string, string> {
  const time = String(Math.floor(now.getTime() / 1000));
  const nonce = randomBytes(16).toString('base64url');
  return {
    [HEADER.key]: key.id,
    [HEADER.time]: time,
    [HEADER.nonce]: nonce,
    [HEADER.signature]: mac(key, requestText(request, time, nonce)),
  };
}

/** The header that signs an answer to the request with this nonce. */
export function signAnswer(
  key: SharedKey,
  nonce: string,
  status: number,
  body: Uint8Array,
): Record<string, string> {
  return { [HEADER.signature]: mac(key, answerText(nonce, status, body)) };
}

/** Whether an answer was signed by the partner, for this request, as it arrived. */
export function answerIsGenuine(
  key: SharedKey,
  nonce: string,
  answer: { status: number; body: Uint8Array; headers: IncomingHttpHeaders },
): boolean {
  const signature = answer.headers[HEADER.signature];
  return (
    typeof signature === 'string' &&
    sameMac(signature, mac(key, answerText(nonce, answer.status, answer.body)))
  );
}

/** Judges requests on the partner's side; remembers nonces as long as their timestamps are accepted. */
export class RequestJudge {
  readonly #keys: ReadonlyMap<string, SharedKey>;
  readonly #clock: Clock;
  readonly #skewSeconds: number;
  /** Nonce → second at which its timestamp stops being accepted; in the order of arrival. */
  readonly #seen = new Map<string, number>();

  constructor(keys: readonly SharedKey[], clock: Clock, skewSeconds: number) {
    this.#keys = new Map(keys.map((key) => [key.id, key]));
    this.#clock = clock;
    this.#skewSeconds = skewSeconds;
  }

  /** The key and nonce to sign the answer with, or what is wrong. A nonce counts as used only once its signature held. */
  judge(
    request: SignedRequest,
    headers: IncomingHttpHeaders,
  ): { ok: true; key: SharedKey; nonce: string } | { ok: false; fault: RequestFault } {
    const [id, time, nonce, signature] = [HEADER.key, HEADER.time, HEADER.nonce, HEADER.signature].map(
      (name) => String(headers[name] ?? ''),
    ) as [string, string, string, string];
    if (!/^\d{9,11}$/.test(time) || !/^[\w-]{16,64}$/.test(nonce)) return { ok: false, fault: 'unsigned' };
    const key = this.#keys.get(id);
    if (!key) return { ok: false, fault: 'unknown-key' };
    if (!sameMac(signature, mac(key, requestText(request, time, nonce))))
      return { ok: false, fault: 'forged' };
    const now = this.#clock.now().getTime() / 1000;
    if (Math.abs(now - Number(time)) > this.#skewSeconds) return { ok: false, fault: 'clock' };
    this.#forget(now);
    if (this.#seen.has(nonce)) return { ok: false, fault: 'replayed' };
    // Twice the skew, so that a timestamp from a clock ahead of ours stays remembered while it is accepted.
    this.#seen.set(nonce, now + 2 * this.#skewSeconds);
    return { ok: true, key, nonce };
  }

  #forget(now: number): void {
    for (const [nonce, until] of this.#seen) {
      if (until >= now) return;
      this.#seen.delete(nonce);
    }
  }
}

const requestText = (request: SignedRequest, time: string, nonce: string): string =>
  ['yihao-request-1', request.method, request.path, time, nonce, digest(request.body)].join('\n');

const answerText = (nonce: string, status: number, body: Uint8Array): string =>
  ['yihao-answer-1', nonce, status, digest(body)].join('\n');

const digest = (body: Uint8Array): string => createHash('sha256').update(body).digest('hex');

const mac = (key: SharedKey, text: string): string =>
  createHmac('sha256', key.key).update(text).digest('base64url');

function sameMac(presented: string, right: string): boolean {
  const [a, b] = [Buffer.from(presented), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
