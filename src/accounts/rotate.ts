/**
 * Moves accounts to the current seal or fingerprint key while the server serves: pages of people by id, a short
 * transaction for each page that needs work, people already moved skipped. Stopped anywhere it is simply run again.
 *
 * The order for the operator: add the new key to the key file as first entry, restart all nodes with it, run the
 * rotation, take the old key out of the file, restart. See fingerprints.ts for why no number can slip in twice.
 */
import type { Sealer } from '../platform/seal/sealer.ts';
import type { DocumentType } from './document.ts';
import { FingerprintKeyMissing, type FingerprintRow, findableValue, fingerprintsOf } from './fingerprints.ts';
import { draftPlace } from './pending.ts';
import { openField, PERSON_TABLE, SEALED_COLUMNS } from './person-row.ts';
import type { Room } from './room.ts';
import {
  addFingerprints,
  BEFORE_ALL,
  countPeople,
  dropForeignFingerprints,
  type FindableRow,
  lockPage,
  replaceDraft,
  requireKey,
  requireOnly,
  type SealedRow,
  selectPage,
  selectPendingPage,
  writeSealed,
} from './rotate-store.ts';
import { requiredKeys } from './store.ts';

export type RotationKind = 'seal' | 'fingerprint';

export interface RotationProgress {
  kind: RotationKind;
  /** People seen so far, and people there were at the start. */
  seen: number;
  of: number;
  /** People that had to be moved. */
  moved: number;
}

export interface RotationReport extends RotationProgress {
  /** Waiting registrations that had to be moved. */
  drafts: number;
  /** The key everybody is under now. */
  keyId: string;
  /** False when another rotation began meanwhile with a newer key; that one finishes the work. */
  complete: boolean;
}

/** Told after each page; a promise it returns is waited for, so that it can also set the pace. */
export type OnProgress = (progress: RotationProgress) => unknown;

export async function rotateKeys(
  room: Room,
  kind: RotationKind,
  onProgress: OnProgress = () => {},
): Promise<RotationReport> {
  return kind === 'seal' ? rotateSeals(room, onProgress) : rotateFingerprints(room, onProgress);
}

async function rotateSeals(room: Room, onProgress: OnProgress): Promise<RotationReport> {
  const { sealer, database } = room;
  const stale = (row: SealedRow) => SEALED_COLUMNS.some((column) => isStale(sealer, row[column]));
  const progress = await walk(room, 'seal', onProgress, stale, async (ids) => {
    await database.transaction(async (tx) => {
      const rows = (await lockPage(tx, ids)).filter(stale);
      for (const row of rows) {
        for (const column of SEALED_COLUMNS) {
          const plain = openField(sealer, row, column);
          if (plain !== undefined)
            row[column] = sealer.seal({ table: PERSON_TABLE, column, row: row.id }, plain);
        }
      }
      await writeSealed(tx, rows);
    });
  });
  const drafts = await rotateDrafts(room);
  return { ...progress, drafts, keyId: sealer.currentKeyId, complete: true };
}

const isStale = (sealer: Sealer, sealed: Buffer | null) =>
  sealed !== null && sealer.keyId(sealed) !== sealer.currentKeyId;

async function rotateDrafts({ database, sealer, settings }: Room): Promise<number> {
  let moved = 0;
  let after = BEFORE_ALL;
  for (;;) {
    const page = await selectPendingPage(database, after, settings.rotationBatch);
    if (page.length === 0) return moved;
    for (const { id, draft } of page) {
      if (!isStale(sealer, draft)) continue;
      const place = draftPlace(id);
      await replaceDraft(database, id, draft, sealer.seal(place, sealer.open(place, draft)));
      moved += 1;
    }
    after = page.at(-1)!.id;
  }
}

async function rotateFingerprints(room: Room, onProgress: OnProgress): Promise<RotationReport> {
  const { database, fingerprinter } = room;
  const { currentKeyId, keyIds } = fingerprinter;
  const missing = (await requiredKeys(database)).filter((keyId) => !keyIds.includes(keyId));
  if (missing.length > 0) throw new FingerprintKeyMissing(missing);
  const required = await requireKey(database, currentKeyId);
  const lacks = (row: FindableRow & { covered: string[] }) =>
    kindsOf(row).some((kind) => !row.covered.includes(kind));
  const progress = await walk(
    room,
    'fingerprint',
    onProgress,
    lacks,
    (ids) =>
      database.transaction(async (tx) => {
        const rows = await lockPage(tx, ids);
        await addFingerprints(
          tx,
          rows.flatMap((row) => currentFingerprints(room, row)),
        );
      }),
    (ids) => dropForeignFingerprints(database, ids, keyIds),
  );
  const only = required.length === 1 && required[0] === currentKeyId;
  const complete = only || (await requireOnly(database, currentKeyId, required));
  return { ...progress, drafts: 0, keyId: currentKeyId, complete };
}

function kindsOf(row: FindableRow): string[] {
  return [row.document_type, ...(row.user_name ? ['user-name'] : []), ...(row.phone ? ['phone'] : [])];
}

function currentFingerprints({ sealer, fingerprinter }: Room, row: SealedRow & FindableRow) {
  const person = {
    document: { type: row.document_type as DocumentType, number: openField(sealer, row, 'document_number')! },
    userName: openField(sealer, row, 'user_name'),
    phone: openField(sealer, row, 'phone'),
  };
  return ([person.document.type, 'user-name', 'phone'] as const).flatMap((kind) => {
    const value = findableValue(person, kind);
    if (value === undefined) return [];
    const [current] = fingerprintsOf(fingerprinter, kind, value) as [FingerprintRow];
    return [{ ...current, personId: row.id }];
  });
}

type Page = Awaited<ReturnType<typeof selectPage>>;

/** Goes through all people once, by id; new ones come last and are written under the current keys anyway. */
async function walk(
  { database, fingerprinter, settings }: Room,
  kind: RotationKind,
  onProgress: OnProgress,
  needsWork: (row: Page[number]) => boolean,
  move: (ids: string[]) => Promise<void>,
  tidy: (ids: string[]) => Promise<void> = async () => {},
): Promise<RotationProgress> {
  const progress: RotationProgress = { kind, seen: 0, of: await countPeople(database), moved: 0 };
  let after = BEFORE_ALL;
  for (;;) {
    const page = await selectPage(database, after, settings.rotationBatch, fingerprinter.currentKeyId);
    if (page.length === 0) return progress;
    const ids = page.filter(needsWork).map((row) => row.id);
    if (ids.length > 0) await move(ids);
    await tidy(page.map((row) => row.id));
    progress.seen += page.length;
    progress.moved += ids.length;
    await onProgress({ ...progress });
    after = page.at(-1)!.id;
  }
}
