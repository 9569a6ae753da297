/**
 * Events for departments' servers: Security Event Tokens (RFC 8417), signed like ID Tokens, pushed over HTTP (RFC 8935).
 * One attempt each; the room that has something to tell keeps it until it is taken.
 */
import type Provider from 'oidc-provider';
import * as JWT from 'oidc-provider/lib/helpers/jwt.js';
import instance from 'oidc-provider/lib/helpers/weak_cache.js';
import { isUsable } from '../clients/client.ts';
import type { Clients } from '../clients/clients.ts';
import { handOver } from './hand-over.ts';
import { libraryClientClass } from './library-clients.ts';
import type { Outgoing } from './outgoing.ts';

export interface EventToken {
  /** The same for every attempt, so that the department knows what it has. */
  jti: string;
  /** By their type URIs. */
  events: Record<string, Record<string, unknown>>;
}

export type Pushed =
  | { outcome: 'taken' }
  /** Nobody asks for them any more. */
  | { outcome: 'unwanted' }
  /** The application is stopped: they wait, and no attempt was made. */
  | { outcome: 'later'; fault: string }
  | { outcome: 'not-taken'; fault: string };

/** Signs and sends to the address that the application named as `legacy_events_uri`. */
export function makeEventPusher(
  { clients, outgoing }: { clients: Clients; outgoing: Outgoing },
  provider: () => Provider,
) {
  return async function pushEvent(clientId: string, token: EventToken): Promise<Pushed> {
    const record = await clients.get(clientId);
    const address = record?.metadata.legacy_events_uri;
    if (!record || typeof address !== 'string') return { outcome: 'unwanted' };
    const fault = `the application is ${record.state}`;
    if (!isUsable(record)) return { outcome: 'later', fault };
    const client = await libraryClientClass(provider()).find(clientId);
    // Stopped between the two looks, or the library refuses it.
    if (!client) return { outcome: 'not-taken', fault };
    const body = await signEvent(provider(), clientId, client.idTokenSignedResponseAlg ?? 'ES256', token);
    const refused = await handOver(outgoing, address, {
      headers: { 'content-type': 'application/secevent+jwt', accept: 'application/json' },
      body,
      taken: [202],
    });
    return refused === undefined ? { outcome: 'taken' } : { outcome: 'not-taken', fault: refused };
  };
}

/** Without `exp` and `sub` (RFC 8417 section 2.2): a token is about many, and stays true. */
function signEvent(
  provider: Provider,
  clientId: string,
  alg: string,
  { jti, events }: EventToken,
): Promise<string> {
  const { keystore } = instance(provider);
  const [key] = keystore.selectForSign({ alg, use: 'sig' });
  if (!key) throw new Error(`no key signs ${alg}`);
  return JWT.sign({ jti, events }, keystore.getKeyObject(key), alg, {
    typ: 'secevent+jwt',
    audience: clientId,
    issuer: provider.issuer,
    fields: { kid: key.kid },
  });
}
