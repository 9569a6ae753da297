/** Organisations, as part of the accounts room: opened, found by any of their numbers, taken back. */
import { done, failed, type Outcome } from '../platform/failure.ts';
import type { Queryable, Transaction } from '../platform/postgres.ts';
import { type Document, keyOf } from './document.ts';
import { fingerprintsOf } from './fingerprints.ts';
import {
  newOrganisationId,
  type Organisation,
  type OrganisationAlias,
  type OrganisationDraft,
  type OrganisationEvidence,
  type OrganisationId,
  type OrganisationKey,
  type OrganisationSummary,
} from './organisation.ts';
import { codeInside } from './organisation-number.ts';
import {
  openOrganisation,
  openRepresentative,
  sealRepresentative,
  toOrganisationSummary,
} from './organisation-row.ts';
import * as store from './organisation-store.ts';
import { isPersonId } from './person.ts';
import type { Room } from './room.ts';

/**
 * How a number found an organisation. `code`: it is its credit code. `alias`: it is a number that the organisation has or
 * had. `inside`: the credit code is another one, but has this organisation's organisation code inside, which belongs to
 * one organisation only: most likely the same one, before or after it was registered elsewhere.
 */
export type FoundBy = 'code' | 'alias' | 'inside';

export interface StandingOrganisation extends OrganisationSummary {
  by: FoundBy;
}

export interface Organisations {
  /** Failure organisation-exists (409), also where another credit code has the same organisation code inside. */
  create(tx: Transaction, draft: OrganisationDraft): Promise<Outcome<Organisation>>;
  /** Many at once, in the order of the drafts; undefined where {@link create} would fail. The caller writes the audit event. */
  createMany(tx: Transaction, drafts: readonly OrganisationDraft[]): Promise<(OrganisationId | undefined)[]>;
  /** With its representative, seals opened. */
  get(id: OrganisationId, on?: Queryable): Promise<Organisation | undefined>;
  /** By its credit code or any number it has or had. */
  find(number: OrganisationKey, on?: Queryable): Promise<StandingOrganisation | undefined>;
  /** Which organisation stands under each number, in one round trip. */
  standing(
    numbers: readonly OrganisationKey[],
    on?: Queryable,
  ): Promise<(StandingOrganisation | undefined)[]>;
  /** What a document's holder represents, at most a hundred. */
  representedBy(document: Document, on?: Queryable): Promise<OrganisationSummary[]>;
  /** Keeps organisations as they are until the transaction ends. */
  hold(tx: Transaction, ids: readonly OrganisationId[]): Promise<void>;
  /** Gives organisations further numbers; returns those that no organisation had. */
  addAliases(tx: Transaction, aliases: readonly store.NewAlias[]): Promise<OrganisationAlias[]>;
  /** Takes numbers away again; the organisation code inside the credit code stays. */
  dropAliases(tx: Transaction, id: OrganisationId, aliases: readonly OrganisationAlias[]): Promise<void>;
  aliasesOf(
    id: OrganisationId,
    on?: Queryable,
  ): Promise<(OrganisationAlias & { source: string; since: Date })[]>;
  addEvidence(tx: Transaction, ...evidence: OrganisationEvidence[]): Promise<void>;
  latestEvidence(id: OrganisationId, on?: Queryable): Promise<OrganisationEvidence | undefined>;
  /**
   * Removes an organisation that nothing happened to since it was opened, with its numbers and evidence. False when
   * something did; the caller's transaction must then be rolled back. The caller writes the audit event.
   */
  withdraw(tx: Transaction, id: OrganisationId): Promise<boolean>;
}

const MOST_REPRESENTED = 100;

export function makeOrganisations(room: Room): Organisations {
  const { database, sealer, fingerprinter, clock } = room;
  const insert = async (tx: Transaction, drafts: readonly OrganisationDraft[]) => {
    const rows = drafts.map(({ creditCode, name, representative }) => {
      const id = newOrganisationId();
      return { id, creditCode, name, ...sealRepresentative(room, id, representative) };
    });
    const opened = new Set(await store.insertManyOrganisations(tx, rows, clock.now()));
    return rows.map(({ id }) => (opened.has(id) ? id : undefined));
  };
  const get = async (id: OrganisationId, on: Queryable = database) => {
    // Ids of both kinds have one form.
    const row = isPersonId(id) ? await store.selectOrganisation(on, id) : undefined;
    return row && openOrganisation(sealer, row);
  };
  const standing = async (numbers: readonly OrganisationKey[], on: Queryable = database) => {
    const found: (StandingOrganisation | undefined)[] = numbers.map(() => undefined);
    if (numbers.length === 0) return found;
    const rows = await store.findStandingOrganisations(on, numbers.flatMap(askedNumbers));
    for (const row of rows) found[row.asked] = { ...toOrganisationSummary(row), by: RANKS[row.rank]! };
    return found;
  };

  return {
    async create(tx, draft) {
      const [id] = await insert(tx, [draft]);
      return id === undefined
        ? failed('organisation-exists', 409, { field: 'credit_code' })
        : done((await get(id, tx))!);
    },
    createMany: insert,
    get,
    standing,
    find: async (number, on = database) => (await standing([number], on))[0],
    async representedBy(document, on = database) {
      const prints = fingerprintsOf(fingerprinter, document.type, keyOf(document));
      const rows = await store.findRepresented(
        on,
        prints.map(({ fingerprint }) => fingerprint),
        MOST_REPRESENTED,
      );
      return rows.map(toOrganisationSummary);
    },
    hold: (tx, ids) => store.holdOrganisations(tx, [...new Set(ids)].sort()),
    addAliases: (tx, aliases) => store.insertAliases(tx, aliases, clock.now()),
    dropAliases: store.deleteAliases,
    aliasesOf: (id, on = database) => store.selectAliases(on, id),
    addEvidence: (tx, ...evidence) => store.insertOrganisationEvidence(tx, evidence),
    latestEvidence: (id, on = database) => store.selectLatestOrganisationEvidence(on, id),
    withdraw: store.dropOrganisation,
  };
}

const RANKS: readonly FoundBy[] = ['code', 'alias', 'inside'];

/** All that a number may be found by; a rank is a place in {@link RANKS}. */
function askedNumbers({ kind, value }: OrganisationKey, asked: number): store.AskedNumber[] {
  if (kind !== 'credit-code') return [{ kind, value, rank: 1, asked }];
  return [
    { kind, value, rank: 0, asked },
    { kind: 'old-credit-code', value, rank: 1, asked },
    { kind: 'organisation-code', value: codeInside(value), rank: 2, asked },
  ];
}

const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/** Moves representatives to the current keys, page by page; returns how many. Again goes on where it stopped. */
export async function renewRepresentatives(room: Room): Promise<number> {
  const { database, sealer, fingerprinter, settings } = room;
  let moved = 0;
  for (let after = BEFORE_ALL; ; ) {
    const page = await store.pageRepresented(database, after, settings.rotationBatch);
    if (page.length === 0) return moved;
    after = page.at(-1)!.id;
    const old = page.filter(
      (row) =>
        sealer.keyId(row.representative_name!) !== sealer.currentKeyId ||
        (row.representative_key_id ?? fingerprinter.currentKeyId) !== fingerprinter.currentKeyId,
    );
    moved += await store.replaceRepresentatives(
      database,
      old.map((row) => ({
        id: row.id,
        was: row.representative_name!,
        row: sealRepresentative(room, row.id, openRepresentative(sealer, row)),
      })),
    );
  }
}
