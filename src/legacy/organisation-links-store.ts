/** Verdicts and links of organisations' old accounts in the database; the same tables and the same journal as persons'. */
import type { OrganisationAlias, OrganisationId } from '../accounts/organisation.ts';
import { byteArray } from '../platform/byte-array.ts';
import { type Queryable, sql, type Transaction } from '../platform/postgres.ts';
import type { Reason, Tier } from './matching.ts';
import type { OrganisationWord } from './matching-organisation.ts';
import type { SealedRow } from './staged-row.ts';

export interface JudgeableOrganisation extends SealedRow {
  content_print: Buffer;
  number_print: Buffer | null;
  register_said: OrganisationWord | null;
  register_source: string | null;
  register_reference: string | null;
  register_at: Date | null;
  register_representative: boolean | null;
  resolved_code: string | null;
}

export interface RegisterFacts {
  said: OrganisationWord;
  source: string;
  reference: string;
  at: Date;
  /** Whether it agreed with who represents the organisation; undefined where nobody was asked for. */
  representative: boolean | undefined;
}

export interface OrganisationVerdictRow {
  localId: string;
  /** Of what was judged: the verdict on anything else is not written. */
  contentPrint: Buffer;
  outcome: string;
  tier: Tier;
  reasons: Reason[];
  organisationId: OrganisationId | undefined;
  register: RegisterFacts | undefined;
  resolved: string | undefined;
}

const COLUMNS = `local_id, at, content, content_print, number_print, register_said, register_source, register_reference, register_at,
  register_representative, resolved_code`;
const PAGE = sql(
  'old-organisation-page',
  `SELECT ${COLUMNS} FROM old_account WHERE source = $1 AND local_id > $2 AND linked_by IS NULL
     AND set_aside IS NULL ORDER BY local_id LIMIT $3`,
);
const LOCK_READY = sql(
  'old-organisation-ready',
  `SELECT ${COLUMNS} FROM old_account
   WHERE source = $1 AND local_id > $2 AND linked_by IS NULL AND set_aside IS NULL AND outcome IN ('same', 'new')
   ORDER BY local_id LIMIT $3 FOR UPDATE`,
);
const WRITE = sql(
  'old-organisation-judge',
  `UPDATE old_account o SET outcome = v.outcome, tier = v.tier, reasons = string_to_array(v.reasons, ' '), proposed_id = v.proposed_id,
     register_said = v.said, register_source = v.register, register_reference = v.reference, register_at = v.asked_at,
     register_representative = v.representative, resolved_code = v.resolved, judged_at = $2
   FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::text[], $9::text[], $10::text[], $11::timestamptz[],
     $12::boolean[], $13::text[], $14::bytea[])
     AS v(local_id, outcome, tier, reasons, proposed_id, said, register, reference, asked_at, representative, resolved, was)
   WHERE o.source = $1 AND o.local_id = v.local_id AND o.content_print = v.was AND o.linked_by IS NULL AND o.set_aside IS NULL`,
);
const LINK = sql(
  'old-organisation-link',
  `WITH entry AS (
     INSERT INTO legacy_journal (source, local_id, organisation_id, opened, reasons, aliases, actor, at)
     SELECT $1, local_id, organisation_id, opened, string_to_array(reasons, ' '), string_to_array(aliases, ','), $2, $3::timestamptz
     FROM unnest($4::text[], $5::uuid[], $6::boolean[], $7::text[], $8::text[]) AS l(local_id, organisation_id, opened, reasons, aliases)
     RETURNING id, local_id, organisation_id)
   UPDATE old_account o SET organisation_id = entry.organisation_id, linked_by = entry.id FROM entry
   WHERE o.source = $1 AND o.local_id = entry.local_id AND o.linked_by IS NULL RETURNING entry.id`,
);
const FIND_LINK = `SELECT j.id, j.organisation_id, j.opened, j.at, j.aliases
   FROM old_account o JOIN legacy_journal j ON j.id = o.linked_by
   WHERE o.source = $1 AND o.local_id = $2 AND j.organisation_id IS NOT NULL`;
const READ_LINK = sql('old-organisation-read-link', FIND_LINK);
const LOCK_LINK = sql('old-organisation-lock-link', `${FIND_LINK} FOR UPDATE OF o, j`);
const UNLINK = sql(
  'old-organisation-unlink',
  `WITH entry AS (
     UPDATE legacy_journal SET undone_at = $3, undone_by = $4, undone_reason = $5
     WHERE source = $1 AND local_id = $2 AND undone_at IS NULL RETURNING id)
   UPDATE old_account o SET linked_by = NULL, organisation_id = NULL FROM entry
   WHERE o.source = $1 AND o.local_id = $2 AND o.linked_by = entry.id RETURNING entry.id`,
);
const LINKS_OF = sql(
  'old-organisation-links-of',
  `SELECT source, local_id FROM old_account WHERE organisation_id = $1 AND linked_by IS NOT NULL
   ORDER BY source, local_id LIMIT $2`,
);

/** The next accounts that belong to nobody yet, by local id. */
export const pageUnlinkedOrganisations = (
  on: Queryable,
  source: string,
  after: string,
  most: number,
): Promise<JudgeableOrganisation[]> => on.query(PAGE, [source, after, most]);

/** The next accounts that were judged fit to link, locked until the transaction ends. */
export const lockReadyOrganisations = (
  tx: Transaction,
  source: string,
  after: string,
  most: number,
): Promise<JudgeableOrganisation[]> => tx.query(LOCK_READY, [source, after, most]);

export async function writeOrganisationVerdicts(
  on: Queryable,
  source: string,
  verdicts: readonly OrganisationVerdictRow[],
  now: Date,
): Promise<void> {
  const column = <Value>(read: (row: OrganisationVerdictRow) => Value) => verdicts.map(read);
  await on.query(WRITE, [
    source,
    now,
    column((row) => row.localId),
    column((row) => row.outcome),
    column((row) => row.tier),
    column((row) => row.reasons.join(' ')),
    column((row) => row.organisationId ?? null),
    column((row) => row.register?.said ?? null),
    column((row) => row.register?.source ?? null),
    column((row) => row.register?.reference ?? null),
    column((row) => row.register?.at ?? null),
    column((row) => row.register?.representative ?? null),
    column((row) => row.resolved ?? null),
    byteArray(column((row) => row.contentPrint)),
  ]);
}

export interface NewOrganisationLink {
  localId: string;
  organisationId: OrganisationId;
  opened: boolean;
  reasons: readonly string[];
  /** Numbers that this link gave to the organisation. */
  aliases: readonly OrganisationAlias[];
}

/**
 * Ties old accounts to organisations, with an entry of the journal each. The caller has them locked and not linked.
 * @throws when one was linked meanwhile: an index allows one standing entry for each
 */
export async function linkOrganisations(
  tx: Transaction,
  by: { source: string; actor: string; now: Date },
  links: readonly NewOrganisationLink[],
): Promise<void> {
  if (links.length === 0) return;
  await tx.query(LINK, [
    by.source,
    by.actor,
    by.now,
    links.map(({ localId }) => localId),
    links.map(({ organisationId }) => organisationId),
    links.map(({ opened }) => opened),
    links.map(({ reasons }) => reasons.join(' ')),
    // Arrays of arrays must have one length; numbers have neither spaces nor commas.
    links.map(({ aliases }) => aliases.map(({ kind, value }) => `${kind} ${value}`).join(',')),
  ]);
}

export interface OrganisationLink {
  entry: number;
  organisationId: OrganisationId;
  opened: boolean;
  at: Date;
  aliases: OrganisationAlias[];
}

/** The link of an old account; locked until the transaction ends where asked so. */
export async function readOrganisationLink(
  on: Queryable,
  source: string,
  localId: string,
  { lock = false } = {},
): Promise<OrganisationLink | undefined> {
  const [row] = await on.query<{
    id: string;
    organisation_id: OrganisationId;
    opened: boolean;
    at: Date;
    aliases: string[];
  }>(lock ? LOCK_LINK : READ_LINK, [source, localId]);
  if (!row) return undefined;
  const { id, organisation_id: organisationId, opened, at } = row;
  const aliases = row.aliases.map((text) => {
    const [kind, value] = text.split(' ') as [OrganisationAlias['kind'], string];
    return { kind, value };
  });
  return { entry: Number(id), organisationId, opened, at, aliases };
}

export async function unlinkOrganisation(
  tx: Transaction,
  entry: { source: string; localId: string; actor: string; reason: string; now: Date },
): Promise<void> {
  const { source, localId, actor, reason, now } = entry;
  await tx.query(UNLINK, [source, localId, now, actor, reason]);
}

/** Old accounts of an organisation, by system and id. */
export const linksOfOrganisation = (
  on: Queryable,
  id: OrganisationId,
  most = 21,
): Promise<{ source: string; local_id: string }[]> => on.query(LINKS_OF, [id, most]);
