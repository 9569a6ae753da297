/**
 * Lanes: eight chains side by side, so that parallel transactions need not wait for one last row. A
 * transaction takes a lane that is free at the moment and holds it until it commits. Batches of this process
 * stay on one lane, whose head they know from the time before, and need one statement as long as nobody else
 * wrote there.
 */
import { randomInt } from 'node:crypto';
import type { Database, Transaction } from '../platform/postgres.ts';
import {
  disclosureContent,
  eventContent,
  type Head,
  isSealed,
  LANES,
  ROOT,
  type Signer,
  sealHead,
} from './chain.ts';
import type { StoredDisclosure } from './disclosures.ts';
import type { StoredEvent } from './events.ts';
import { countHeads, createHeads, lockHead, lockHeads, lockLane } from './head-store.ts';
import { type Linked, writeLinks } from './store.ts';

export interface Rows {
  events: readonly StoredEvent[];
  disclosures: readonly StoredDisclosure[];
}

export interface Lanes {
  /** Adds links in the caller's transaction. */
  extend(tx: Transaction, rows: Rows): Promise<void>;
  /** Adds links by themselves; one call at a time. */
  extendAlone(database: Database, rows: Rows): Promise<void>;
}

/** @param onBroken told once of each lane whose head was not written by us; such a lane is left as it was found. */
export function makeLanes(signer: Signer, onBroken: (lane: number) => void): Lanes {
  const held = new WeakMap<Transaction, number>();
  const broken = new Set<number>();
  /** As the last batch left it. */
  let own: Head | undefined;

  async function takeLane(tx: Transaction): Promise<Head> {
    // A second lane in the same transaction could close a circle of waiting; the first is ours already.
    const first = held.get(tx);
    if (first !== undefined) return (await lockHead(tx, first))!;
    for (;;) {
      const lane = await lockLane(tx, beginAt(own?.lane), [...broken]);
      if (lane === undefined) {
        throw new Error('the audit trail has no intact lane left: run its verification before anything else');
      }
      const head = (await lockHead(tx, lane)) ?? (await createFirstHead(tx, lane));
      if (head && isSealed(signer, head)) {
        held.set(tx, lane);
        return head;
      }
      // Writing on would seal what a stranger put there, so the lane stays as it is, for verification.
      broken.add(lane);
      onBroken(lane);
    }
  }

  /** Only where nothing was ever written: a head that went missing later is not made anew. */
  async function createFirstHead(tx: Transaction, lane: number): Promise<Head | undefined> {
    const isNew = async () => {
      const { heads, used } = await countHeads(tx);
      return heads === 0 && !used;
    };
    if (await isNew()) {
      await lockHeads(tx);
      // Another transaction may have been first, and have written on.
      if (await isNew()) await createHeads(tx, firstHeads(signer));
    }
    return lockHead(tx, lane);
  }

  async function extend(tx: Transaction, rows: Rows): Promise<Head> {
    const { next, events, disclosures } = link(signer, await takeLane(tx), rows);
    if (!(await writeLinks(tx, next, events, disclosures))) throw new Error('a locked audit head has moved');
    return next;
  }

  return {
    extend: async (tx, rows) => {
      await extend(tx, rows);
    },
    async extendAlone(database, rows) {
      const known = own;
      own = undefined;
      if (known) {
        const { next, events, disclosures } = link(signer, known, rows);
        if (await writeLinks(database, next, events, disclosures)) {
          own = next;
          return;
        }
      }
      own = await database.transaction((tx) => extend(tx, rows));
    },
  };
}

/** The links of these rows after a head, and the head after them. */
function link(signer: Signer, head: Head, rows: Rows) {
  const { lane } = head;
  let { eventMac, disclosureMac } = head;
  const events = rows.events.map((content, n): Linked<StoredEvent> => {
    const seq = head.events + n + 1;
    eventMac = signer.mac(signer.keyId, eventMac, eventContent(lane, seq, content))!;
    return { seq, content, keyId: signer.keyId, mac: eventMac };
  });
  const disclosures = rows.disclosures.map((content, n): Linked<StoredDisclosure> => {
    const seq = head.disclosures + n + 1;
    disclosureMac = signer.mac(signer.keyId, disclosureMac, disclosureContent(lane, seq, content))!;
    return { seq, content, keyId: signer.keyId, mac: disclosureMac };
  });
  const next = sealHead(signer, {
    lane,
    version: head.version + 1,
    events: head.events + events.length,
    eventMac,
    disclosures: head.disclosures + disclosures.length,
    disclosureMac,
  });
  return { next, events, disclosures };
}

/** Any lane but the one our batches are on: taking that would cost them their knowledge of its head. */
function beginAt(own: number | undefined): number {
  const lane = own === undefined ? randomInt(LANES) : (own + 1 + randomInt(LANES - 1)) % LANES;
  return (LANES - lane) % LANES;
}

const firstHeads = (signer: Signer): Head[] =>
  Array.from({ length: LANES }, (_, lane) =>
    sealHead(signer, { lane, version: 0, events: 0, eventMac: ROOT, disclosures: 0, disclosureMac: ROOT }),
  );
