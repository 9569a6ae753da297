/** SQL of the audit trail and the disclosure log: their rows, written together with the head after them. */
import { type Queryable, sql } from '../platform/postgres.ts';
import type { Head, Strand } from './chain.ts';
import type { StoredDisclosure } from './disclosures.ts';
import type { StoredEvent } from './events.ts';

/** A row with its place and its link. */
export interface Linked<Content> {
  seq: number;
  content: Content;
  keyId: string;
  mac: Buffer;
}

export type LinkedRow = Linked<StoredEvent> | Linked<StoredDisclosure>;

const EVENT = 'at, type, outcome, person_id, client_id, actor, channel, source, reference, node, detail';
const DISCLOSURE = 'at, person_id, client_id, claims, via, basis, purpose';

/**
 * Both kinds of rows and the head that seals them, in one statement: all if the head is still the one before
 * ($10 - 1), nothing otherwise. Rows travel as JSON: one value each, no arrays to escape.
 */
const WRITE = sql(
  'audit-write',
  `WITH head AS (
     UPDATE audit_head
     SET version = $10, events = $2, event_mac = $3, disclosures = $4, disclosure_mac = $5, key_id = $6, seal = $7
     WHERE lane = $1 AND version = $10 - 1
     RETURNING lane
   ), event AS (
     INSERT INTO audit_event (lane, seq, ${EVENT}, key_id, mac)
     SELECT $1, seq, ${EVENT}, $6, mac FROM json_to_recordset($8) AS e (
       seq bigint, at timestamptz, type text, outcome text, person_id text, client_id text, actor text,
       channel text, source text, reference text, node text, detail text, mac bytea)
     WHERE EXISTS (SELECT FROM head)
   ), disclosed AS (
     INSERT INTO disclosure (lane, seq, ${DISCLOSURE}, key_id, mac)
     SELECT $1, seq, ${DISCLOSURE}, $6, mac FROM json_to_recordset($9) AS d (
       seq bigint, at timestamptz, person_id text, client_id text, claims text[], via text, basis text,
       purpose text, mac bytea)
     WHERE EXISTS (SELECT FROM head)
   )
   SELECT lane FROM head`,
);

const PAGE: Record<Strand, ReturnType<typeof sql>> = {
  event: sql(
    'audit-page-events',
    `SELECT seq, ${EVENT}, key_id, mac FROM audit_event WHERE lane = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4`,
  ),
  disclosure: sql(
    'audit-page-disclosures',
    `SELECT seq, ${DISCLOSURE}, key_id, mac FROM disclosure WHERE lane = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4`,
  ),
};

const LAST: Record<Strand, ReturnType<typeof sql>> = {
  event: sql('audit-last-event', 'SELECT COALESCE(max(seq), 0) AS seq FROM audit_event WHERE lane = $1'),
  disclosure: sql(
    'audit-last-disclosure',
    'SELECT COALESCE(max(seq), 0) AS seq FROM disclosure WHERE lane = $1',
  ),
};

const OF_PERSON = sql(
  'audit-disclosures-of-person',
  `SELECT lane, seq, ${DISCLOSURE} FROM disclosure
   WHERE person_id = $1 AND (at, lane, seq) < ($2::timestamptz, $3::smallint, $4::bigint)
   ORDER BY at DESC, lane DESC, seq DESC LIMIT $5`,
);

interface EventRow {
  seq: string;
  at: Date;
  type: string;
  outcome: string;
  person_id: string | null;
  client_id: string | null;
  actor: string;
  channel: string | null;
  source: string | null;
  reference: string | null;
  node: string;
  detail: string | null;
  key_id: string;
  mac: Buffer;
}

interface DisclosureRow {
  lane: number;
  seq: string;
  at: Date;
  person_id: string;
  client_id: string;
  claims: string[];
  via: string;
  basis: string;
  purpose: string | null;
  key_id: string;
  mac: Buffer;
}

/** Writes the rows and the head after them; false, and nothing written, when the head has moved meanwhile. */
export async function writeLinks(
  on: Queryable,
  head: Head,
  events: readonly Linked<StoredEvent>[],
  disclosures: readonly Linked<StoredDisclosure>[],
): Promise<boolean> {
  const rows = await on.query(WRITE, [
    head.lane,
    head.events,
    head.eventMac,
    head.disclosures,
    head.disclosureMac,
    head.keyId,
    head.seal,
    JSON.stringify(events.map(eventJson)),
    JSON.stringify(disclosures.map(disclosureJson)),
    head.version,
  ]);
  return rows.length === 1;
}

/** Rows of one lane in order, from after `after` up to `to`, at most `most`. */
export async function readLinks(
  on: Queryable,
  strand: Strand,
  lane: number,
  after: number,
  to: number,
  most: number,
): Promise<LinkedRow[]> {
  const values = [lane, after, to, most];
  if (strand === 'event') return (await on.query<EventRow>(PAGE.event, values)).map(toLinkedEvent);
  return (await on.query<DisclosureRow>(PAGE.disclosure, values)).map(toLinkedDisclosure);
}

export async function lastSeq(on: Queryable, strand: Strand, lane: number): Promise<number> {
  const rows = await on.query<{ seq: string }>(LAST[strand], [lane]);
  return Number(rows[0]!.seq);
}

/** Newest first, before a place in time. */
export async function readDisclosuresOf(
  on: Queryable,
  personId: string,
  before: { at: Date; lane: number; seq: number },
  most: number,
): Promise<{ lane: number; seq: number; content: StoredDisclosure }[]> {
  const rows = await on.query<DisclosureRow>(OF_PERSON, [personId, before.at, before.lane, before.seq, most]);
  return rows.map((row) => ({ lane: row.lane, seq: Number(row.seq), content: toDisclosure(row) }));
}

const hex = (bytes: Buffer): string => `\\x${bytes.toString('hex')}`;

const eventJson = ({ seq, content, mac }: Linked<StoredEvent>) => ({
  seq,
  at: new Date(content.at),
  type: content.type,
  outcome: content.outcome,
  person_id: content.personId,
  client_id: content.clientId,
  actor: content.actor,
  channel: content.channel,
  source: content.source,
  reference: content.reference,
  node: content.node,
  detail: content.detail,
  mac: hex(mac),
});

const disclosureJson = ({ seq, content, mac }: Linked<StoredDisclosure>) => ({
  seq,
  at: new Date(content.at),
  person_id: content.personId,
  client_id: content.clientId,
  claims: content.claims,
  via: content.via,
  basis: content.basis,
  purpose: content.purpose,
  mac: hex(mac),
});

const toLinkedEvent = (row: EventRow): Linked<StoredEvent> => ({
  seq: Number(row.seq),
  keyId: row.key_id,
  mac: row.mac,
  content: {
    at: row.at.getTime(),
    type: row.type,
    outcome: row.outcome,
    personId: row.person_id,
    clientId: row.client_id,
    actor: row.actor,
    channel: row.channel,
    source: row.source,
    reference: row.reference,
    node: row.node,
    detail: row.detail,
  },
});

const toLinkedDisclosure = (row: DisclosureRow): Linked<StoredDisclosure> => ({
  seq: Number(row.seq),
  keyId: row.key_id,
  mac: row.mac,
  content: toDisclosure(row),
});

const toDisclosure = (row: DisclosureRow): StoredDisclosure => ({
  at: row.at.getTime(),
  personId: row.person_id,
  clientId: row.client_id,
  claims: row.claims,
  via: row.via,
  basis: row.basis,
  purpose: row.purpose,
});
