/** Putting the declaration of a system in place that hands out no dump: from then on sign-in asks its login interface. */
import { createHash } from 'node:crypto';
import type { AuditTrail } from '../audit/trail.ts';
import type { Clock } from '../platform/clock.ts';
import { done, type Failure } from '../platform/failure.ts';
import { type Database, rollingBack } from '../platform/postgres.ts';
import { type DeclarationFailure, readDeclaration, refused } from './declaration.ts';
import { TOLD_DUMP } from './lazy/lazy-store.ts';
import { refusal } from './sources/refusals.ts';
import { NO_COUNTS } from './stage-report.ts';
import { addDump, advanceDump, latestDump, putSource } from './staging-store.ts';

export interface DeclareRoom {
  database: Database;
  trail: AuditTrail;
  clock: Clock;
}

/**
 * Failures (422): `old-declaration` with `faults`, also where no login interface is declared; `source-other-subject` where the
 * system holds organisations. Again replaces it.
 */
export async function declareSource(
  { database, trail, clock }: DeclareRoom,
  { declaration: text, actor }: { declaration: string; actor: string },
): Promise<
  | { ok: true; value: { source: string; login: string } }
  | { ok: false; failure: DeclarationFailure | Failure }
> {
  const declared = readDeclaration(text);
  if (!declared.ok) return declared;
  const { source, login } = declared.value;
  if (login === undefined)
    return refused([
      {
        setting: 'login',
        right: 'must name an interface: a system without one is staged, by `legacy stage`',
      },
    ]);
  const now = clock.now();
  return rollingBack(database, async (tx) => {
    const kind = await putSource(tx, source, text, { ...declared.value, subjectKind: 'person' }, now);
    if (kind !== 'person') return refusal('source-other-subject');
    // Where what its interface tells is kept; dumps that come later are counted from one.
    const hashes = { fileHash: Buffer.alloc(0), declarationHash: createHash('sha256').update(text).digest() };
    if (!(await latestDump(tx, source, hashes.fileHash, hashes.declarationHash))) {
      await addDump(tx, { source, number: TOLD_DUMP, ...hashes, now });
      const all = { rowsDone: 0, counts: NO_COUNTS, finishedAt: now, readTo: undefined };
      await advanceDump(tx, source, { number: TOLD_DUMP, ...all });
    }
    await trail.append(tx, {
      type: 'old-system.declared',
      actor,
      channel: 'cli',
      outcome: 'success',
      detail: { source, login },
    });
    return done({ source, login });
  });
}
