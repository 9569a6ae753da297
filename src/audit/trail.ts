/** The audit trail: events in the transaction of their change, or gathered with others of this process. */
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/observe/log.ts';
import type { Database, Transaction } from '../platform/postgres.ts';
import type { Keyring } from '../platform/seal/keyring.ts';
import type { SuiteName } from '../platform/seal/sealer.ts';
import { type Anchor, readAnchors } from './anchors.ts';
import { makeBatchWriter } from './batch.ts';
import { makeSigner } from './chain.ts';
import {
  type Disclosures,
  readDisclosures,
  type StoredDisclosure,
  toStoredDisclosure,
} from './disclosures.ts';
import { type AuditEntry, type StoredEvent, toStoredEvent } from './events.ts';
import { makeLanes } from './lanes.ts';
import { type AuditSettings, auditSettings } from './settings.ts';
import { type VerifyOptions, type VerifyReport, verifyTrail } from './verify.ts';

export interface AuditTrail {
  /**
   * Writes events in the caller's transaction: there if it commits, gone if it does not. Call it last, just
   * before the commit, because it holds a lane from here on.
   */
  append(tx: Transaction, ...entries: AuditEntry[]): Promise<void>;
  /**
   * Writes an event that goes with no other change; resolves when it is durable. In a transaction of its
   * own, shared with others of this process: never await it inside an open one, which on the embedded
   * database would wait for itself.
   */
  record(entry: AuditEntry): Promise<void>;
}

export interface AuditOptions {
  database: Database;
  keyring: Keyring;
  suite: SuiteName;
  clock: Clock;
  /** Name of this process, as it stands in each event. */
  node: string;
  settings?: AuditSettings;
  /** Where anchors and alarms go. Without one no anchors are told. */
  log?: Log | undefined;
}

export interface Audit {
  trail: AuditTrail;
  disclosures: Disclosures;
  /** Walks all chains; see {@link VerifyReport}. */
  verify(options?: VerifyOptions): Promise<VerifyReport>;
  /** The state to hold later verifications to. */
  anchors(): Promise<Anchor[]>;
  /** Entries waiting to be written. */
  depth(): number;
  /** Writes what waits, tells a last anchor. */
  close(): Promise<void>;
}

type Item = { event: StoredEvent } | { disclosure: StoredDisclosure };

export function openAudit(options: AuditOptions): Audit {
  const { database, clock, node, log, settings = auditSettings.parse({}) } = options;
  const signer = makeSigner(options.keyring, options.suite);
  const lanes = makeLanes(signer, (lane) =>
    log?.fatal(
      { lane },
      'the head of an audit lane was not written with a key of ours: the trail was tampered with, or a key is missing',
    ),
  );
  const writer = makeBatchWriter<Item>({
    ...settings,
    write: (items) => {
      const events = items.flatMap((item) => ('event' in item ? [item.event] : []));
      const disclosures = items.flatMap((item) => ('disclosure' in item ? [item.disclosure] : []));
      return lanes.extendAlone(database, { events, disclosures });
    },
  });
  const stopTelling = log ? tellAnchors(database, signer, log, settings.anchorSeconds) : async () => {};

  return {
    trail: {
      async append(tx, ...entries) {
        if (entries.length === 0) return;
        const events = entries.map((entry) => toStoredEvent(entry, clock.now(), node));
        await lanes.extend(tx, { events, disclosures: [] });
      },
      record: async (entry) => writer.add({ event: toStoredEvent(entry, clock.now(), node) }),
    },
    disclosures: {
      record: async (disclosure) => writer.add({ disclosure: toStoredDisclosure(disclosure) }),
      recordMany: async (many) => {
        await writer.addMany(many.map((one) => ({ disclosure: toStoredDisclosure(one) })));
      },
      ofPerson: (personId, page) => readDisclosures(database, personId, page),
    },
    verify: (verifyOptions) => verifyTrail(database, signer, verifyOptions),
    anchors: () => readAnchors(database, signer),
    depth: () => writer.depth(),
    async close() {
      await writer.close();
      await stopTelling();
    },
  };
}

/** Tells the heads to the log when they have moved. */
function tellAnchors(
  database: Database,
  signer: ReturnType<typeof makeSigner>,
  log: Log,
  seconds: number,
): () => Promise<void> {
  let told = '';
  const tell = async () => {
    try {
      const anchors = await readAnchors(database, signer);
      const now = JSON.stringify(anchors);
      if (anchors.length > 0 && now !== told) log.info({ anchors }, 'audit anchors');
      told = now;
    } catch (error) {
      log.warn({ err: error }, 'the audit anchors could not be read');
    }
  };
  const timer = setInterval(tell, seconds * 1_000);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await tell();
  };
}
