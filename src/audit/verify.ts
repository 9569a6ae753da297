/**
 * Walks the chains and says where each breaks first. It reads page by page in short statements, so it holds
 * little memory and no snapshot, and runs beside a working server: each chain is checked up to where its
 * head stood at the beginning.
 */
import type { Queryable } from '../platform/postgres.ts';
import type { Anchor } from './anchors.ts';
import {
  disclosureContent,
  eventContent,
  type Head,
  isSealed,
  LANES,
  ROOT,
  type Signer,
  type Strand,
} from './chain.ts';
import type { StoredDisclosure } from './disclosures.ts';
import type { StoredEvent } from './events.ts';
import { countHeads, readHeads } from './head-store.ts';
import { type LinkedRow, lastSeq, readLinks } from './store.ts';

/**
 * - `changed`: the row is not what was signed (an update, a forged or a reordered row)
 * - `missing`: a row is gone
 * - `truncated`: rows at the end are gone
 * - `beyond-head`: a row that its head does not know
 * - `head-missing`, `head-forged`: the head of the lane is gone, or was not written by us
 * - `anchor`: an earlier state that was made known contradicts this one: older tables were put back
 * - `key-unknown`: the key ring lacks the key of this link
 */
export type BreakReason =
  | 'changed'
  | 'missing'
  | 'truncated'
  | 'beyond-head'
  | 'head-missing'
  | 'head-forged'
  | 'anchor'
  | 'key-unknown';

export interface ChainReport {
  strand: Strand;
  lane: number;
  /** Links found intact before the break, or altogether. */
  links: number;
  /** The first broken place. */
  broken?: { seq: number; reason: BreakReason };
}

export interface VerifyReport {
  ok: boolean;
  links: number;
  chains: ChainReport[];
}

export interface VerifyOptions {
  /** From the log; see {@link Anchor}. */
  anchors?: readonly Anchor[];
  /** Rows in memory at a time. */
  pageSize?: number;
  onProgress?: (links: number) => void;
}

const STRANDS = ['event', 'disclosure'] as const;

/** @throws only when the database cannot be read. */
export async function verifyTrail(
  on: Queryable,
  signer: Signer,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const heads = await readHeads(on);
  // A new installation has neither heads nor rows; anywhere else a head that is not there was removed.
  const fresh = heads.length === 0 && !(await countHeads(on)).used && (options.anchors ?? []).length === 0;
  const chains: ChainReport[] = [];
  let links = 0;
  for (let lane = 0; lane < LANES; lane += 1) {
    const head = heads.find((candidate) => candidate.lane === lane);
    for (const strand of STRANDS) {
      const walk = { on, signer, strand, lane, options };
      const report = head ? await walkChain(walk, head) : headless(walk, fresh);
      chains.push(report);
      links += report.links;
      options.onProgress?.(links);
    }
  }
  return { ok: chains.every((chain) => chain.broken === undefined), links, chains };
}

interface Walk {
  on: Queryable;
  signer: Signer;
  strand: Strand;
  lane: number;
  options: VerifyOptions;
}

async function walkChain(walk: Walk, head: Head): Promise<ChainReport> {
  const { on, signer, strand, lane, options } = walk;
  const anchors = anchorsOf(walk);
  const [count, headMac] =
    strand === 'event' ? [head.events, head.eventMac] : [head.disclosures, head.disclosureMac];
  let links = 0;
  let previous: Buffer = ROOT;
  const broken = (reason: BreakReason, seq = links + 1): ChainReport => ({
    strand,
    lane,
    links,
    broken: { seq, reason },
  });

  while (links < count) {
    const page = await readLinks(on, strand, lane, links, count, options.pageSize ?? 1_000);
    if (page.length === 0) return broken('truncated');
    for (const row of page) {
      if (row.seq !== links + 1) return broken('missing');
      const mac = signer.mac(row.keyId, previous, contentOf(strand, lane, row));
      if (!mac) return broken('key-unknown');
      if (!mac.equals(row.mac)) return broken('changed');
      if (contradicts(anchors.get(row.seq), mac)) return broken('anchor');
      previous = mac;
      links += 1;
    }
  }
  // The rows agree with each other; now the head with the rows, and both with what was made known.
  if (!signer.mac(head.keyId, ROOT, '')) return broken('key-unknown', count);
  if (!isSealed(signer, head) || !previous.equals(headMac)) return broken('head-forged', count);
  const known = Math.max(0, ...anchors.keys());
  if (known > count) return broken('anchor');
  const last = await lastSeq(on, strand, lane);
  if (last > count && last > (await currentCount(walk))) return broken('beyond-head');
  return { strand, lane, links };
}

const headless = ({ strand, lane }: Walk, fresh: boolean): ChainReport => ({
  strand,
  lane,
  links: 0,
  ...(fresh ? {} : { broken: { seq: 1, reason: 'head-missing' } }),
});

function contentOf(strand: Strand, lane: number, row: LinkedRow): string {
  if (strand === 'event') return eventContent(lane, row.seq, row.content as StoredEvent);
  return disclosureContent(lane, row.seq, row.content as StoredDisclosure);
}

/** MACs made known for this chain, by place. */
function anchorsOf({ strand, lane, options }: Walk): Map<number, Set<string>> {
  const anchors = new Map<number, Set<string>>();
  for (const anchor of options.anchors ?? []) {
    if (anchor.strand !== strand || anchor.lane !== lane) continue;
    const macs = anchors.get(anchor.seq) ?? new Set();
    anchors.set(anchor.seq, macs.add(anchor.mac));
  }
  return anchors;
}

const contradicts = (known: Set<string> | undefined, mac: Buffer): boolean =>
  known !== undefined && (known.size > 1 || !known.has(mac.toString('hex')));

/** Asked after the last row was read: a row that was committed by then came with its head. */
async function currentCount({ on, strand, lane }: Walk): Promise<number> {
  const head = (await readHeads(on)).find((candidate) => candidate.lane === lane);
  return (strand === 'event' ? head?.events : head?.disclosures) ?? 0;
}
