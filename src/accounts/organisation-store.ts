/** Organisations in the database. */
import { type Queryable, sql, type Transaction } from '../platform/postgres.ts';
import type {
  OrganisationAlias,
  OrganisationEvidence,
  OrganisationId,
  OrganisationKey,
} from './organisation.ts';
import type { OrganisationRow, OrganisationSummaryRow, RepresentativeRow } from './organisation-row.ts';

const SUMMARY = 'o.id, o.credit_code, o.name, o.state, o.version';
const REPRESENTATIVE = `representative_name, representative_document_type, representative_number, representative_print,
  representative_key_id`;

/**
 * Parameters: $1 moment, then one array per column. An organisation that is opened claims the organisation code inside
 * its credit code, in the order of the codes: whoever comes second for it waits for the first, nobody waits in a circle,
 * and no two organisations have one organisation code. The index on credit codes is the last word all the same.
 */
const INSERT_MANY = sql(
  'organisation-insert-many',
  `WITH given AS MATERIALIZED (
     SELECT * FROM unnest($2::uuid[], $3::text[], $4::text[], $5::bytea[], $6::text[], $7::bytea[], $8::bytea[], $9::text[])
       WITH ORDINALITY AS g(id, credit_code, name, ${REPRESENTATIVE}, at)),
   claimed AS (
     INSERT INTO organisation_alias (kind, value, organisation_id, source, since)
     SELECT 'organisation-code', substr(credit_code, 9, 9), id, 'credit-code', $1::timestamptz FROM given ORDER BY 2, at
     ON CONFLICT DO NOTHING RETURNING organisation_id)
   INSERT INTO organisation (id, credit_code, name, state, ${REPRESENTATIVE}, created_at, changed_at)
   SELECT g.id, g.credit_code, g.name, 'active', ${REPRESENTATIVE.split(/,\s+/)
     .map((column) => `g.${column}`)
     .join(', ')}, $1::timestamptz, $1::timestamptz
   FROM given g JOIN claimed c ON c.organisation_id = g.id ORDER BY g.credit_code
   RETURNING id`,
);
const SELECT = sql(
  'organisation-get',
  `SELECT ${SUMMARY}, ${REPRESENTATIVE}, o.created_at FROM organisation o WHERE o.id = $1`,
);
/**
 * Parameters: $1 kinds, $2 values, $3 ranks, $4 which question each belongs to. The best rank answers a question: its
 * own credit code goes before a number that it had.
 */
const FIND = sql(
  'organisation-standing',
  `WITH asked AS (SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::int[]) AS u(kind, value, rank, asked)),
   found AS (
     SELECT a.asked, a.rank, o.id FROM asked a JOIN organisation o ON o.credit_code = a.value WHERE a.kind = 'credit-code'
     UNION ALL
     SELECT a.asked, a.rank, l.organisation_id FROM asked a JOIN organisation_alias l ON l.kind = a.kind AND l.value = a.value)
   SELECT DISTINCT ON (f.asked) f.asked, f.rank, ${SUMMARY} FROM found f JOIN organisation o ON o.id = f.id
   ORDER BY f.asked, f.rank`,
);
const REPRESENTED = sql(
  'organisation-represented',
  `SELECT ${SUMMARY} FROM organisation o WHERE o.representative_print = ANY ($1::bytea[]) ORDER BY o.id LIMIT $2`,
);
/** In the order of their ids, so that two imports wait for each other instead of dead-locking. */
const HOLD = sql(
  'organisation-hold',
  'SELECT id FROM organisation WHERE id = ANY ($1::uuid[]) ORDER BY id FOR SHARE',
);
const ADD_ALIASES = sql(
  'organisation-alias-add',
  `INSERT INTO organisation_alias (kind, value, organisation_id, source, since)
   SELECT kind, value, organisation_id, source, $5::timestamptz
   FROM unnest($1::text[], $2::text[], $3::uuid[], $4::text[]) AS a(kind, value, organisation_id, source)
   ORDER BY kind, value ON CONFLICT DO NOTHING RETURNING kind, value`,
);
const DROP_ALIASES = sql(
  'organisation-alias-drop',
  `DELETE FROM organisation_alias l USING unnest($2::text[], $3::text[]) AS a(kind, value)
   WHERE l.organisation_id = $1 AND l.kind = a.kind AND l.value = a.value AND l.source <> 'credit-code'`,
);
const ALIASES_OF = sql(
  'organisation-aliases-of',
  'SELECT kind, value, source, since FROM organisation_alias WHERE organisation_id = $1 ORDER BY kind, value',
);
const ADD_EVIDENCE = sql(
  'organisation-add-evidence',
  `INSERT INTO organisation_evidence (organisation_id, source, outcome, reference, at, detail)
   SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::jsonb[])`,
);
const LATEST_EVIDENCE = sql(
  'organisation-latest-evidence',
  `SELECT source, outcome, reference, at, detail FROM organisation_evidence
   WHERE organisation_id = $1 AND outcome <> 'unreachable' ORDER BY at DESC, id DESC LIMIT 1`,
);
const DROP_EVIDENCE = sql(
  'organisation-withdraw-evidence',
  'DELETE FROM organisation_evidence WHERE organisation_id = $1',
);
const DROP_ALL_ALIASES = sql(
  'organisation-withdraw-aliases',
  'DELETE FROM organisation_alias WHERE organisation_id = $1',
);
/** Only as it was opened: anything that happened since stays. */
const DROP = sql(
  'organisation-withdraw',
  `DELETE FROM organisation WHERE id = $1 AND version = 1 AND state = 'active' RETURNING id`,
);
const PAGE_FOR_KEYS = sql(
  'organisation-page-for-keys',
  `SELECT id, ${REPRESENTATIVE} FROM organisation WHERE representative_name IS NOT NULL AND id > $1 ORDER BY id LIMIT $2`,
);
/** Only where it is still what was read; the version stays, because nothing changed its meaning. */
const REPLACE_KEYED = sql(
  'organisation-replace-keyed',
  `UPDATE organisation o SET representative_name = n.name, representative_number = n.number, representative_print = n.print,
     representative_key_id = n.key_id
   FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[], $6::text[]) AS n(id, was, name, number, print, key_id)
   WHERE o.id = n.id AND o.representative_name = n.was RETURNING 1`,
);

export type NewOrganisation = RepresentativeRow & { id: OrganisationId; creditCode: string; name: string };

/** Inserts those whose code is free; returns their ids. */
export async function insertManyOrganisations(
  tx: Transaction,
  rows: readonly NewOrganisation[],
  now: Date,
): Promise<OrganisationId[]> {
  if (rows.length === 0) return [];
  const column = <Value>(read: (row: NewOrganisation) => Value) => rows.map(read);
  const inserted = await tx.query<{ id: OrganisationId }>(INSERT_MANY, [
    now,
    column((row) => row.id),
    column((row) => row.creditCode),
    column((row) => row.name),
    column((row) => row.representative_name),
    column((row) => row.representative_document_type),
    column((row) => row.representative_number),
    column((row) => row.representative_print),
    column((row) => row.representative_key_id),
  ]);
  return inserted.map(({ id }) => id);
}

export async function selectOrganisation(
  on: Queryable,
  id: OrganisationId,
): Promise<OrganisationRow | undefined> {
  const [row] = await on.query<OrganisationRow>(SELECT, [id]);
  return row;
}

export interface AskedNumber {
  kind: OrganisationKey['kind'] | OrganisationAlias['kind'];
  value: string;
  rank: number;
  asked: number;
}

export const findStandingOrganisations = (
  on: Queryable,
  asked: readonly AskedNumber[],
): Promise<(OrganisationSummaryRow & { asked: number; rank: number })[]> =>
  on.query(FIND, [
    asked.map(({ kind }) => kind),
    asked.map(({ value }) => value),
    asked.map(({ rank }) => rank),
    asked.map((one) => one.asked),
  ]);

export const findRepresented = (
  on: Queryable,
  prints: Buffer[],
  most: number,
): Promise<OrganisationSummaryRow[]> => on.query(REPRESENTED, [prints, most]);

export async function holdOrganisations(tx: Transaction, ids: OrganisationId[]): Promise<void> {
  if (ids.length > 0) await tx.query(HOLD, [ids]);
}

export type NewAlias = OrganisationAlias & { organisationId: OrganisationId; source: string };

/** Returns those that nobody had. */
export async function insertAliases(
  tx: Transaction,
  aliases: readonly NewAlias[],
  now: Date,
): Promise<OrganisationAlias[]> {
  if (aliases.length === 0) return [];
  return tx.query(ADD_ALIASES, [
    aliases.map(({ kind }) => kind),
    aliases.map(({ value }) => value),
    aliases.map(({ organisationId }) => organisationId),
    aliases.map(({ source }) => source),
    now,
  ]);
}

export async function deleteAliases(
  tx: Transaction,
  id: OrganisationId,
  aliases: readonly OrganisationAlias[],
): Promise<void> {
  if (aliases.length === 0) return;
  await tx.query(DROP_ALIASES, [id, aliases.map(({ kind }) => kind), aliases.map(({ value }) => value)]);
}

export const selectAliases = (
  on: Queryable,
  id: OrganisationId,
): Promise<(OrganisationAlias & { source: string; since: Date })[]> => on.query(ALIASES_OF, [id]);

export async function insertOrganisationEvidence(
  tx: Transaction,
  evidence: readonly OrganisationEvidence[],
): Promise<void> {
  if (evidence.length === 0) return;
  await tx.query(ADD_EVIDENCE, [
    evidence.map(({ organisationId }) => organisationId),
    evidence.map(({ source }) => source),
    evidence.map(({ outcome }) => outcome),
    evidence.map(({ reference }) => reference),
    evidence.map(({ at }) => at),
    evidence.map(({ detail }) => (detail ? JSON.stringify(detail) : null)),
  ]);
}

export async function selectLatestOrganisationEvidence(
  on: Queryable,
  organisationId: OrganisationId,
): Promise<OrganisationEvidence | undefined> {
  const [row] = await on.query<
    Omit<OrganisationEvidence, 'organisationId' | 'detail'> & {
      detail: OrganisationEvidence['detail'] | null;
    }
  >(LATEST_EVIDENCE, [organisationId]);
  if (!row) return undefined;
  const { detail, ...rest } = row;
  return { organisationId, ...rest, ...(detail ? { detail } : {}) };
}

export async function dropOrganisation(tx: Transaction, id: OrganisationId): Promise<boolean> {
  await tx.query(DROP_EVIDENCE, [id]);
  await tx.query(DROP_ALL_ALIASES, [id]);
  return (await tx.query(DROP, [id])).length === 1;
}

/** The next organisations whose representative is known, by id. */
export const pageRepresented = (
  on: Queryable,
  after: string,
  most: number,
): Promise<(RepresentativeRow & { id: OrganisationId })[]> => on.query(PAGE_FOR_KEYS, [after, most]);

/** Returns how many were still what they were. */
export async function replaceRepresentatives(
  on: Queryable,
  renewed: readonly { id: OrganisationId; was: Buffer; row: RepresentativeRow }[],
): Promise<number> {
  if (renewed.length === 0) return 0;
  const rows = await on.query(REPLACE_KEYED, [
    renewed.map(({ id }) => id),
    renewed.map(({ was }) => was),
    renewed.map(({ row }) => row.representative_name),
    renewed.map(({ row }) => row.representative_number),
    renewed.map(({ row }) => row.representative_print),
    renewed.map(({ row }) => row.representative_key_id),
  ]);
  return rows.length;
}
