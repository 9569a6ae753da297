/**
 * The content of a record as it rests: its expiry, a line break, and JSON of the rest. The id and the kind are
 * left out, because the finder brings them; so whoever opens a record still holds no token.
 */
import type { AdapterPayload } from 'oidc-provider';
import type { RecordSeal } from './record-seal.ts';
import type { StoredRecord } from './record-store.ts';

export interface Content {
  /** Without the expiry, so that two contents can be compared. */
  text: string;
  /** Seconds since 1970. */
  exp: number | undefined;
}

/** @param keepId for ids that cannot be presented, where a record is found without knowing its id */
export function toContent(payload: AdapterPayload, keepId: boolean): Content {
  const { exp, jti, kind, consumed, ...rest } = payload;
  return { text: JSON.stringify(keepId ? { ...withoutCookie(rest), jti } : withoutCookie(rest)), exp };
}

/** An interaction notes the session's cookie, which nobody reads again. It would be a token at rest. */
function withoutCookie(rest: AdapterPayload): AdapterPayload {
  const session = rest.session as { cookie?: unknown } | undefined;
  if (session?.cookie === undefined) return rest;
  const { cookie, ...others } = session;
  return { ...rest, session: others } as AdapterPayload;
}

export const sealContent = (seal: RecordSeal, key: Buffer, { text, exp }: Content): Buffer =>
  seal.seal(key, `${exp ?? ''}\n${text}`);

/** Undefined when it does not open: changed by somebody, or its key left the keyring. Then there is no record. */
export function openContent(seal: RecordSeal, { key, sealed }: StoredRecord): Content | undefined {
  const plain = seal.open(key, sealed);
  if (plain === undefined) return undefined;
  const end = plain.indexOf('\n');
  return { text: plain.slice(end + 1), exp: end === 0 ? undefined : Number(plain.slice(0, end)) };
}

/** The payload as the library saved it. */
export function toPayload({ text, exp }: Content): AdapterPayload {
  const payload = JSON.parse(text) as AdapterPayload;
  if (exp !== undefined) payload.exp = exp;
  return payload;
}
