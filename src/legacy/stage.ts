/**
 * Staging: the rows of a dump, cleaned and sealed, beside each other under (system, local id). Nothing of it touches
 * an account. A run that was killed goes on where it stopped; two runs of one file share the work; a later dump of the
 * same system replaces what it brings and tells what changed.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Clock } from '../platform/clock.ts';
import { done, type Outcome, Refused } from '../platform/failure.ts';
import type { Database, Transaction } from '../platform/postgres.ts';
import type { Fingerprinter } from '../platform/seal/fingerprint.ts';
import type { Sealer } from '../platform/seal/sealer.ts';
import { type Declaration, declaredColumns, readDeclaration, refused, subjectKindOf } from './declaration.ts';
import { readOrganisation } from './old-organisation.ts';
import { sealPassword } from './old-password.ts';
import { dropPasswords, putPasswords } from './old-password-store.ts';
import { type OldRecord, readRecord } from './old-record.ts';
import { openFile } from './sources/open-file.ts';
import { refusal, refuse } from './sources/refusals.ts';
import type { Source, SourceRow } from './sources/source.ts';
import { addCounts, NO_COUNTS, type StageCounts, type StageProgress } from './stage-report.ts';
import { isOrganisation, type OldRow, sealRow } from './staged-organisation.ts';
import * as store from './staging-store.ts';

export interface StageRoom {
  database: Database;
  sealer: Sealer;
  fingerprinter: Fingerprinter;
  clock: Clock;
}

export interface StageResult {
  source: string;
  dump: number;
  /** Of the whole dump, also where an earlier run began it. */
  counts: StageCounts;
  /** True when this file had been staged to its end before. */
  already: boolean;
  /** Of a directory: references to other servers, which were not followed. */
  referrals?: number;
}

/**
 * Stages a file. Failures (422): `old-declaration` (with `faults`, also for columns that the file lacks) and those of
 * {@link openFile}; a file that fails on the way has staged what came before.
 * @param onProgress called after each batch, and waited for
 */
export async function stageFile(
  room: StageRoom,
  given: { declaration: string; path: string },
  onProgress: (progress: StageProgress) => void | Promise<void> = () => {},
): Promise<Outcome<StageResult>> {
  const declared = readDeclaration(given.declaration);
  if (!declared.ok) return declared;
  const { file, database, directory } = declared.value;
  if (database || directory) return refusal('source-two-places');
  const opened = await openFile(given.path, {
    header: file?.header ?? true,
    ...(file?.sheet === undefined ? {} : { sheet: file.sheet }),
  });
  if (!opened.ok) return opened;
  const absent = absentColumns(declared.value, opened.value.columns);
  if (absent) return absent;
  try {
    const { first, rest, close } = await beginRows(opened.value);
    try {
      if (!first && (await store.hasAccounts(room.database, declared.value.source)))
        return refusal('source-empty');
      const run = await openRun(room, given.declaration, declared.value, {
        hash: await hashFile(given.path),
        again: 'same',
      });
      return await stageRows(run, { ...rest, facts: () => opened.value.facts() }, onProgress);
    } finally {
      await close();
    }
  } catch (error) {
    if (error instanceof Refused) return { ok: false, failure: error.failure };
    throw error;
  }
}

/**
 * Reads the first rows: where accounts are staged, a file of column names alone is an export that broke off, and as a dump it
 * would make every account one that is missing. `close` lets go of the file, however far it was read.
 */
async function beginRows(source: Source): Promise<{
  first: boolean;
  rest: Pick<Source, 'columns' | 'rows'>;
  close(): Promise<void>;
}> {
  const rows = source.rows()[Symbol.asyncIterator]();
  const first = await rows.next();
  return {
    first: !first.done,
    rest: {
      columns: source.columns,
      async *rows() {
        if (!first.done) yield first.value;
        yield* { [Symbol.asyncIterator]: () => rows };
      },
    },
    async close() {
      await rows.return?.();
    },
  };
}

/** Stages what comes row by row, to its end. */
export async function stageRows(
  run: Run,
  source: Source,
  onProgress: (progress: StageProgress) => void | Promise<void>,
): Promise<Outcome<StageResult>> {
  if (run.dump.finishedAt) return done(resultOf(run, true));
  for await (const rows of source.rows()) {
    await stageBatch(run, rows);
    const { bytesRead, bytesTotal } = source.facts();
    await onProgress({ bytes: bytesRead, bytesTotal, rows: run.dump.counts.rows });
  }
  return done(await finishRun(run));
}

/** A reading under way. */
export interface Run {
  room: StageRoom;
  declaration: Declaration;
  dump: Dump;
  today: Date;
}

export type Dump = Omit<store.DumpRow, 'counts'> & { counts: StageCounts };

const resultOf = ({ declaration, dump }: Run, already: boolean): StageResult => ({
  source: declaration.source,
  dump: dump.number,
  counts: dump.counts,
  already,
});

const wholeDump = (row: store.DumpRow): Dump => ({ ...row, counts: addCounts(NO_COUNTS, row.counts) });

/**
 * Opens the dump that this reading is. `hash` tells what is read; when it and the declaration are those of the newest
 * dump, `again` says what the reading is: `same`, the same one going on or done before (a file); `unfinished`, that
 * one if it was cut off, else the next (a database); `next`, always the next (a directory).
 */
export async function openRun(
  room: StageRoom,
  text: string,
  declaration: Declaration,
  what: { hash: Buffer; again: 'same' | 'unfinished' | 'next' },
): Promise<Run> {
  const { source } = declaration;
  const declarationHash = createHash('sha256').update(text).digest();
  const dump = await room.database.transaction(async (tx): Promise<Dump> => {
    const now = room.clock.now();
    const kind = subjectKindOf(declaration);
    if ((await store.putSource(tx, source, text, { ...declaration, subjectKind: kind }, now)) !== kind)
      refuse('source-other-subject');
    const latest = await store.latestDump(tx, source, what.hash, declarationHash);
    const goesOn = what.again === 'same' || (what.again === 'unfinished' && !latest?.finishedAt);
    if (latest?.same && goesOn) return wholeDump(latest);
    const number = (latest?.number ?? 0) + 1;
    await store.addDump(tx, { source, number, fileHash: what.hash, declarationHash, now });
    return { number, rowsDone: 0, counts: NO_COUNTS, finishedAt: undefined, readTo: undefined };
  });
  return { room, declaration, dump, today: room.clock.now() };
}

/** Closes the dump, once. @throws Refused `source-superseded` */
export async function finishRun(run: Run): Promise<StageResult> {
  const { room, declaration } = run;
  await room.database.transaction(async (tx) => {
    run.dump = await lockDump(run, tx);
    if (run.dump.finishedAt) return;
    run.dump = { ...run.dump, finishedAt: room.clock.now() };
    await store.advanceDump(tx, declaration.source, run.dump);
  });
  await store.refreshStatistics(room.database);
  return resultOf(run, false);
}

/** A later dump of the system wins: what the earlier one still wrote would pass for newer than it is. */
export async function lockDump({ declaration, dump }: Run, tx: Transaction): Promise<Dump> {
  const locked = await store.lockDump(tx, declaration.source, dump.number);
  return locked ? wholeDump(locked) : refuse('source-superseded');
}

async function hashFile(path: string): Promise<Buffer> {
  const hash = createHash('sha256');
  for await (const block of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(block as Buffer);
  return hash.digest();
}

/** One batch, one transaction: whoever comes second for it finds it done and goes on with the next. */
async function stageBatch(run: Run, batch: readonly SourceRow[]): Promise<void> {
  const fresh = batch.filter(({ at }) => at > run.dump.rowsDone);
  if (fresh.length === 0) return;
  const prepared = prepare(run, fresh);
  const { source } = run.declaration;
  run.dump = await run.room.database.transaction(async (tx) => {
    const standing = await lockDump(run, tx);
    const last = fresh.at(-1)!.at;
    if (standing.rowsDone >= last) return standing;
    // Another run stopped inside this batch: what it staged is prepared again, and nothing is counted twice.
    const rest =
      standing.rowsDone < fresh[0]!.at
        ? prepared
        : prepare(
            run,
            fresh.filter(({ at }) => at > standing.rowsDone),
          );
    const counts = addCounts(standing.counts, await write(run, tx, rest));
    const dump = { ...standing, rowsDone: last, counts };
    await store.advanceDump(tx, source, dump);
    return dump;
  });
}

export interface Prepared {
  records: OldRow[];
  rejects: { at: number; reason: string }[];
  rows: number;
  repeated: number;
}

/** What rows become, nothing written yet. */
export function prepare({ declaration, today }: Run, rows: readonly SourceRow[]): Prepared {
  const records = new Map<string, OldRow>();
  const readRow = declaration.organisation ? readOrganisation : readRecord;
  const rejects: Prepared['rejects'] = [];
  let repeated = 0;
  for (const row of rows) {
    const read = row.unusable ? row.unusable : readRow(declaration, row, today);
    if (typeof read === 'string') rejects.push({ at: row.at, reason: read });
    else {
      if (records.delete(read.localId)) repeated += 1;
      records.set(read.localId, read);
    }
  }
  return { records: [...records.values()], rejects, rows: rows.length, repeated };
}

/** Writes prepared rows and tells what they were. */
export async function write(run: Run, tx: Transaction, prepared: Prepared): Promise<StageCounts> {
  const { room, declaration, dump } = run;
  const { source } = declaration;
  const place = { source, dump: dump.number, keyId: room.fingerprinter.currentKeyId, now: room.clock.now() };
  const staged = prepared.records.map((record) => sealRow(room, source, record));
  const counts =
    staged.length > 0
      ? await store.putAccounts(tx, place, staged)
      : { added: 0, changed: 0, unchanged: 0, repeated: 0 };
  const passwords =
    declaration.person?.password === undefined
      ? 0
      : await writePasswords(
          room,
          tx,
          source,
          prepared.records.filter((record): record is OldRecord => !isOrganisation(record)),
        );
  await store.putRejects(tx, source, dump.number, prepared.rejects);
  return {
    ...counts,
    repeated: counts.repeated + prepared.repeated,
    passwords,
    rows: prepared.rows,
    rejected: prepared.rejects.length,
  };
}

async function writePasswords(
  room: StageRoom,
  tx: Transaction,
  source: string,
  records: readonly OldRecord[],
): Promise<number> {
  const sealed = records.map((record) => sealPassword(room, source, record));
  const present = sealed.filter((one) => one !== undefined);
  const absent = records.filter((_, at) => sealed[at] === undefined).map(({ localId }) => localId);
  await dropPasswords(tx, source, absent);
  return putPasswords(tx, source, present, room.clock.now());
}

/** A declaration may name columns that the source does not have. */
export function absentColumns(
  declaration: Declaration,
  columns: readonly string[],
): ReturnType<typeof refused> | undefined {
  const right = `must name one of the columns: ${columns.slice(0, 40).join(', ')}`;
  const faults = declaredColumns(declaration)
    .filter(([, column]) => !columns.includes(column))
    .map(([setting]) => ({ setting, right }));
  return faults.length === 0 ? undefined : refused(faults);
}
