/**
 * Anchors: the heads, told to the log from time to time. The log leaves the host, so whoever puts an old
 * copy of the tables and heads back, seals and all, is contradicted by it.
 */
import type { Queryable } from '../platform/postgres.ts';
import { isSealed, type Signer, type Strand } from './chain.ts';
import { readHeads } from './head-store.ts';

/** In this lane the link number `seq` had this MAC (hexadecimal). */
export interface Anchor {
  strand: Strand;
  lane: number;
  seq: number;
  mac: string;
}

/** Of every lane that has links and whose head is ours. */
export async function readAnchors(on: Queryable, signer: Signer): Promise<Anchor[]> {
  const heads = (await readHeads(on)).filter((head) => isSealed(signer, head));
  const all = heads.flatMap((head): Anchor[] => [
    { strand: 'event', lane: head.lane, seq: head.events, mac: head.eventMac.toString('hex') },
    { strand: 'disclosure', lane: head.lane, seq: head.disclosures, mac: head.disclosureMac.toString('hex') },
  ]);
  return all.filter((anchor) => anchor.seq > 0);
}

/** Collects the anchors from log lines (JSON, one a line); lines about other things are passed over. */
export function anchorsFromLog(text: string): Anchor[] {
  return text.split('\n').flatMap((line) => {
    if (!line.includes('"anchors"')) return [];
    try {
      const { anchors } = JSON.parse(line) as { anchors?: unknown };
      return Array.isArray(anchors) ? anchors.filter(isAnchor) : [];
    } catch {
      return [];
    }
  });
}

function isAnchor(value: unknown): value is Anchor {
  const { strand, lane, seq, mac } = (value ?? {}) as Partial<Anchor>;
  const placed = Number.isSafeInteger(lane) && Number.isSafeInteger(seq);
  return (strand === 'event' || strand === 'disclosure') && placed && /^[0-9a-f]{64}$/.test(mac ?? '');
}
