/** People, old accounts and departments to merge, on one database. */
import { createHash } from 'node:crypto';
import type { PersonId } from '../../../src/accounts/person.ts';
import type { MergeRoom } from '../../../src/legacy/merging/pair.ts';
import type { OldAccountNews } from '../../../src/legacy/news.ts';
import { openSubjects, type Subjects } from '../../../src/oidc/subject.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import type { Database } from '../../../src/platform/postgres.ts';
import type { Outcome4 } from '../../../src/registries/registry.ts';
import { draft, type Opened, open, value } from '../../accounts/opened.ts';

export interface MergingRoom extends MergeRoom, Opened {
  subjects: Subjects;
  /** What applications were promised to be told, and whose sessions to end. */
  told: OldAccountNews[];
  ended: { id: PersonId; reason: string; answeredFor: readonly PersonId[] | undefined }[];
  /** What the register says of numbers, and whose owner it tells to be dead; it does not answer otherwise. */
  says: Map<string, Outcome4>;
  dead: Set<string>;
  /** Opens an account of level 1. */
  person(n: number, more?: Parameters<typeof draft>[1]): Promise<PersonId>;
  /** A whole old system with one account for each of these people, linked. */
  link(source: string, people: readonly PersonId[]): Promise<void>;
  /** As at the beginning of a test. */
  empty(): Promise<void>;
  /** Every row of the tables that a merge may touch, the journal and the trail apart. */
  rows(): Promise<Record<string, string[]>>;
}

const TABLES = [
  'person',
  'person_fingerprint',
  'person_evidence',
  'password_credential',
  'known_device',
  'subject',
  'consent',
  'old_account',
  'old_password',
  'legacy_journal',
];

export function openMerging(database: Database, clock: Clock): MergingRoom {
  const opened = open(database, { clock });
  const told: OldAccountNews[] = [];
  const ended: MergingRoom['ended'] = [];
  const says: MergingRoom['says'] = new Map();
  const dead = new Set<string>();
  return {
    ...opened,
    ...{ database, clock, told, ended },
    trail: opened.audit.trail,
    population: {
      compare: async ({ document }) => ({
        ...{
          outcome: says.get(document.number) ?? 'unreachable',
          source: 'register',
          reference: 'r',
          at: clock.now(),
        },
        status: dead.has(document.number) ? 'deceased' : 'alive',
      }),
    },
    ...{ says, dead },
    subjects: openSubjects(database, opened.accounts.merged),
    hasPassword: async (id) =>
      (await database.query('SELECT 1 FROM password_credential WHERE person_id = $1', [id])).length > 0,
    endSessions: async (_tx, id, reason, answeredFor) => void ended.push({ id, reason, answeredFor }),
    tell: async (_tx, news) => void told.push(...news),
    async person(n, more = {}) {
      const { id } = value(await opened.register(draft(n, { identityLevel: 1, ...more })));
      await database.query(`INSERT INTO password_credential VALUES ($1, $2, 'pepper', false, now())`, [
        id,
        `hash ${n}`,
      ]);
      return id;
    },
    async link(source, people) {
      await database.query(
        `INSERT INTO legacy_source (source, declaration, created_at, changed_at) VALUES ($1, '', now(), now())`,
        [source],
      );
      for (const [at, id] of people.entries())
        await database.query(
          `WITH account AS (
             INSERT INTO old_account (source, local_id, dump, at, content, content_print, key_id, number_state, provable, deleted,
               marks, staged_at, changed_at) VALUES ($1, $2, 1, 1, '', '', '', 'absent', false, false, '{}', now(), now())),
           entry AS (
             INSERT INTO legacy_journal (source, local_id, person_id, opened, reasons, actor, at)
             VALUES ($1, $2, $3, false, '{}', 'test', $4) RETURNING id)
           SELECT id FROM entry`,
          [source, String(at), id, clock.now()],
        );
      await database.query(
        `UPDATE old_account o SET person_id = j.person_id, linked_by = j.id FROM legacy_journal j
         WHERE o.source = $1 AND j.source = o.source AND j.local_id = o.local_id`,
        [source],
      );
    },
    async empty() {
      await database.query(
        `TRUNCATE ${[...TABLES, 'legacy_source', 'person_merge', 'audit_event'].join(', ')} CASCADE`,
      );
      told.length = 0;
      ended.length = 0;
      says.clear();
      dead.clear();
    },
    async rows() {
      const found: Record<string, string[]> = {};
      for (const table of TABLES) {
        const rows = await database.query<{ row: string }>(
          `SELECT t::text AS row FROM ${table} t ORDER BY 1`,
        );
        found[table] = rows.map(({ row }) => createHash('sha256').update(row).digest('hex').slice(0, 12));
      }
      return found;
    },
  };
}
