/**
 * Staging straight from a running database or directory. There is no file whose content could say that two readings
 * are the same, so each reading is a dump of its own. A reading of a database that was cut off goes on behind the
 * last local id that it staged, which the order of the pages makes sound; a directory promises no order, so it is
 * read anew, as the next dump.
 */
import { createHash } from 'node:crypto';
import { done, type Outcome, Refused } from '../platform/failure.ts';
import { type Declaration, declaredColumns, readDeclaration } from './declaration.ts';
import { type Access, readAccess } from './sources/access.ts';
import {
  DATABASE_LIMITS,
  type DatabasePage,
  type DatabaseSource,
  openDatabaseSource,
} from './sources/database.ts';
import { DIRECTORY_LIMITS, openDirectorySource } from './sources/directory.ts';
import { refusal } from './sources/refusals.ts';
import {
  absentColumns,
  finishRun,
  lockDump,
  openRun,
  prepare,
  type Run,
  type StageResult,
  type StageRoom,
  stageRows,
  write,
} from './stage.ts';
import { addCounts, type StageProgress } from './stage-report.ts';
import * as store from './staging-store.ts';

export interface LiveGiven {
  declaration: string;
  /** How to get there: sources/access.ts. */
  access: string;
  limits?: { connectMs?: number; statementMs?: number; rows?: number; answerBytes?: number };
}

/**
 * Stages what the declared database or directory holds now. Failures (422): `old-declaration` (with `faults`, also for
 * columns that are not there) and those of sources/refusals.ts; what came before a failure on the way stays staged.
 * @param onProgress called after each batch; its `bytes` are rows, of how many is not known for a directory
 */
export async function stageLive(
  room: StageRoom,
  given: LiveGiven,
  onProgress: (progress: StageProgress) => void | Promise<void> = () => {},
): Promise<Outcome<StageResult>> {
  const declared = readDeclaration(given.declaration);
  if (!declared.ok) return declared;
  const { database, directory } = declared.value;
  const kind = database?.kind ?? (directory ? 'directory' : undefined);
  if (kind === undefined) return refusal('source-no-place');
  const access = readAccess(given.access, kind);
  if (!access.ok) return access;
  const reading = { room, given, declaration: declared.value, access: access.value, onProgress };
  try {
    return database ? await stageDatabase(reading) : await stageDirectory(reading);
  } catch (error) {
    if (error instanceof Refused) return { ok: false, failure: error.failure };
    throw error;
  }
}

interface Reading {
  room: StageRoom;
  given: LiveGiven;
  declaration: Declaration;
  access: Access;
  onProgress: (progress: StageProgress) => void | Promise<void>;
}

const columnsOf = (declaration: Declaration) => [
  ...new Set(declaredColumns(declaration).map(([, column]) => column)),
];

/** Tells one place from another, without user and password: the table or base is in the declaration's own hash. */
const placeHash = ({ scheme, host, port, database }: Access): Buffer =>
  createHash('sha256')
    .update(JSON.stringify([scheme, host, port, database]))
    .digest();

async function stageDatabase(reading: Reading): Promise<Outcome<StageResult>> {
  const { room, given, declaration, access, onProgress } = reading;
  const wanted = {
    key: (declaration.organisation ?? declaration.person!).localId,
    columns: columnsOf(declaration),
  };
  const limits = { ...DATABASE_LIMITS, ...given.limits };
  const opened = await openDatabaseSource(declaration.database!, access, wanted, limits);
  if (!opened.ok) return opened;
  const source = opened.value;
  try {
    const absent = absentColumns(declaration, source.columns);
    if (absent) return absent;
    const what = { hash: placeHash(access), again: 'unfinished' as const };
    const run = await openRun(room, given.declaration, declaration, what);
    await stagePages(run, source, onProgress);
    return done(await finishRun(run));
  } finally {
    await source.close();
  }
}

async function stagePages(
  run: Run,
  source: DatabaseSource,
  onProgress: (progress: StageProgress) => void | Promise<void>,
): Promise<void> {
  for (;;) {
    const page = await source.page(run.dump.readTo);
    if (!page) return;
    await stagePage(run, page);
    const { rows } = run.dump.counts;
    await onProgress({ bytes: rows, bytesTotal: source.facts().bytesTotal, rows });
  }
}

/**
 * One page, one transaction. When another run of the same reading has come further meanwhile, the page is dropped and
 * this one goes on behind that: pages of two runs need not begin at the same ids.
 */
async function stagePage(run: Run, page: DatabasePage): Promise<void> {
  const { rowsDone, readTo } = run.dump;
  const rows = page.rows.map((row) => ({ ...row, at: rowsDone + row.at }));
  const prepared = prepare(run, rows);
  run.dump = await run.room.database.transaction(async (tx) => {
    const standing = await lockDump(run, tx);
    if (standing.readTo !== readTo || standing.finishedAt) return standing;
    const counts = addCounts(standing.counts, await write(run, tx, prepared));
    const dump = { ...standing, rowsDone: rowsDone + rows.length, readTo: page.last, counts };
    await store.advanceDump(tx, run.declaration.source, dump);
    return dump;
  });
}

async function stageDirectory(reading: Reading): Promise<Outcome<StageResult>> {
  const { room, given, declaration, access, onProgress } = reading;
  const limits = { ...DIRECTORY_LIMITS, ...given.limits };
  const attributes = columnsOf(declaration);
  const opened = await openDirectorySource(declaration.directory!, access, attributes, limits);
  if (!opened.ok) return opened;
  const { source, close } = opened.value;
  try {
    const what = { hash: placeHash(access), again: 'next' as const };
    const run = await openRun(room, given.declaration, declaration, what);
    const staged = await stageRows(run, source, onProgress);
    const { referrals = 0 } = source.facts();
    return staged.ok && referrals > 0 ? done({ ...staged.value, referrals }) : staged;
  } finally {
    await close();
  }
}
