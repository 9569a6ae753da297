/** A staging room on a fresh database, for sources that run elsewhere. */
import type { OldRecord } from '../../../src/legacy/old-record.ts';
import type { StoredPassword } from '../../../src/legacy/recipes/recipe.ts';
import type { StageResult, StageRoom } from '../../../src/legacy/stage.ts';
import { type LiveGiven, stageLive } from '../../../src/legacy/stage-live.ts';
import type { StageProgress } from '../../../src/legacy/stage-report.ts';
import { openRecord } from '../../../src/legacy/staged-row.ts';
import { listRejects } from '../../../src/legacy/staging-store.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import type { Outcome } from '../../../src/platform/failure.ts';
import { makeFingerprinter } from '../../../src/platform/seal/fingerprint.ts';
import { makeSealer } from '../../../src/platform/seal/sealer.ts';
import { sampleRing, value } from '../../accounts/opened.ts';
import { type FreshDatabase, type Store, stores } from '../../support/stores.ts';

export interface StagingRoom {
  fresh: FreshDatabase;
  room: StageRoom;
  /** Fails the test when it is refused. */
  stage(given: LiveGiven, onProgress?: (progress: StageProgress) => void): Promise<StageResult>;
  attempt(given: LiveGiven): Promise<Outcome<StageResult>>;
  /** The code of the refusal. */
  refused(given: LiveGiven): Promise<string>;
  /** All records of a source with their passwords, in the order of the reading. */
  records(source: string): Promise<OldRecord[]>;
  rejects(source: string, dump: number): Promise<string[]>;
}

export async function openStagingRoom(store: Store = stores[0]!): Promise<StagingRoom> {
  const fresh = await store.fresh();
  const ring = sampleRing(1);
  const room: StageRoom = {
    database: fresh.database,
    sealer: makeSealer(ring, 'aes'),
    fingerprinter: makeFingerprinter(ring, 'aes'),
    clock: systemClock,
  };
  const attempt: StagingRoom['attempt'] = (given) => stageLive(room, given);
  return {
    fresh,
    room,
    attempt,
    stage: async (given, onProgress) => value(await stageLive(room, given, onProgress)),
    async refused(given) {
      const outcome = await attempt(given);
      return outcome.ok ? 'not refused' : outcome.failure.code;
    },
    async records(source) {
      const rows = await fresh.database.query<{
        local_id: string;
        at: string;
        content: Buffer;
        password: Buffer | null;
      }>(
        `SELECT local_id, at, o.content, p.content AS password FROM old_account o
         LEFT JOIN old_password p USING (source, local_id) WHERE source = $1 ORDER BY at`,
        [source],
      );
      return rows.map(({ password, ...row }) => {
        const record = openRecord(room.sealer, source, row);
        if (!password) return record;
        const place = { table: 'old_password', column: 'content', row: `${source}/${row.local_id}` };
        const { hash, salt } = JSON.parse(room.sealer.open(place, password)) as StoredPassword;
        return { ...record, password: { hash, ...(salt === undefined ? {} : { salt }) } };
      });
    },
    rejects: async (source, dump) =>
      (await listRejects(fresh.database, source, dump, -1, 100)).map(({ reason }) => reason),
  };
}
