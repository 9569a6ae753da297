/**
 * The arithmetic of the chain. A link is a keyed MAC over the link before it and the canonical content of
 * its row, so nobody without the key can change, add, remove or reorder rows and have the links agree. The
 * head of a lane is sealed by a MAC of its own: cutting rows off the end is seen too.
 *
 * There are two chains per lane, events and disclosures, because they are kept for different times.
 */
import { createHmac } from 'node:crypto';
import type { Keyring } from '../platform/seal/keyring.ts';
import type { SuiteName } from '../platform/seal/sealer.ts';
import type { StoredDisclosure } from './disclosures.ts';
import type { StoredEvent } from './events.ts';

/** Fixed by the tables' CHECK constraints: more writers at a time need a migration. */
export const LANES = 8;

/** The link before the first. */
export const ROOT: Buffer = Buffer.alloc(32);

export type Strand = 'event' | 'disclosure';

/** Signs with the current key; checks with the key a row names. */
export interface Signer {
  /** Digest and key of new links, e.g. `sha256:2026a`. */
  readonly keyId: string;
  /** The MAC (32 bytes), or undefined when the key ring no longer holds that key. */
  mac(keyId: string, previous: Buffer, content: string): Buffer | undefined;
}

const DIGEST: Record<SuiteName, string> = { aes: 'sha256', sm: 'sm3' };

/** HMAC-SHA-256 or HMAC-SM3 for new links by suite; old links are checked by the digest they were made with. */
export function makeSigner(keyring: Keyring, suite: SuiteName): Signer {
  return {
    keyId: `${DIGEST[suite]}:${keyring.current('audit').id}`,
    mac(keyId, previous, content) {
      const [digest = '', id = ''] = keyId.split(':');
      if (digest !== 'sha256' && digest !== 'sm3') return undefined;
      const key = keyring.byId('audit', id);
      return key && createHmac(digest, key.key).update(previous).update(content).digest();
    },
  };
}

/** What is signed of an event: its place first, so that a row moved elsewhere no longer fits. */
export const eventContent = (lane: number, seq: number, event: StoredEvent): string =>
  JSON.stringify([
    'event',
    lane,
    seq,
    event.at,
    event.type,
    event.outcome,
    event.personId,
    event.clientId,
    event.actor,
    event.channel,
    event.source,
    event.reference,
    event.node,
    event.detail,
  ]);

export const disclosureContent = (lane: number, seq: number, disclosure: StoredDisclosure): string =>
  JSON.stringify([
    'disclosure',
    lane,
    seq,
    disclosure.at,
    disclosure.personId,
    disclosure.clientId,
    disclosure.claims,
    disclosure.via,
    disclosure.basis,
    disclosure.purpose,
  ]);

/** The state of one lane: how many links each chain has and the last of each. */
export interface Head {
  lane: number;
  /** One more with each transaction. */
  version: number;
  events: number;
  eventMac: Buffer;
  disclosures: number;
  disclosureMac: Buffer;
  keyId: string;
  seal: Buffer;
}

export type BareHead = Omit<Head, 'keyId' | 'seal'>;

const headContent = (head: BareHead): string =>
  JSON.stringify([
    'head',
    head.lane,
    head.version,
    head.events,
    head.eventMac.toString('hex'),
    head.disclosures,
    head.disclosureMac.toString('hex'),
  ]);

export function sealHead(signer: Signer, head: BareHead): Head {
  return { ...head, keyId: signer.keyId, seal: signer.mac(signer.keyId, ROOT, headContent(head))! };
}

/** Whether this head was written by us; a head put together from the visible links was not. */
export const isSealed = (signer: Signer, head: Head): boolean =>
  signer.mac(head.keyId, ROOT, headContent(head))?.equals(head.seal) ?? false;
