/** Between the organisation and its row: what of it is sealed, and how it opens. */
import type { Fingerprinter } from '../platform/seal/fingerprint.ts';
import type { Sealer } from '../platform/seal/sealer.ts';
import { type DocumentType, keyOf } from './document.ts';
import { fingerprintsOf } from './fingerprints.ts';
import type {
  Organisation,
  OrganisationId,
  OrganisationState,
  OrganisationSummary,
  Representative,
} from './organisation.ts';
import { kindOfCode } from './organisation-kind.ts';

export interface OrganisationSummaryRow {
  id: OrganisationId;
  credit_code: string;
  name: string;
  state: OrganisationState;
  version: number;
}

/** Who represents an organisation, as it rests. */
export interface RepresentativeRow {
  representative_name: Buffer | null;
  representative_document_type: DocumentType | null;
  representative_number: Buffer | null;
  representative_print: Buffer | null;
  representative_key_id: string | null;
}

export type OrganisationRow = OrganisationSummaryRow & RepresentativeRow & { created_at: Date };

const place = (id: OrganisationId, column: 'representative_name' | 'representative_number') => ({
  table: 'organisation',
  column,
  row: id,
});

export function sealRepresentative(
  { sealer, fingerprinter }: { sealer: Sealer; fingerprinter: Fingerprinter },
  id: OrganisationId,
  representative: Representative | undefined,
): RepresentativeRow {
  const document = representative?.document;
  // Under the name that persons are found by: what somebody represents is found by the number of their account.
  const print = document && fingerprintsOf(fingerprinter, document.type, keyOf(document))[0]!;
  return {
    representative_name: representative
      ? sealer.seal(place(id, 'representative_name'), representative.name)
      : null,
    representative_document_type: document?.type ?? null,
    representative_number: document ? sealer.seal(place(id, 'representative_number'), document.number) : null,
    representative_print: print?.fingerprint ?? null,
    representative_key_id: print?.keyId ?? null,
  };
}

export function openRepresentative(
  sealer: Sealer,
  row: RepresentativeRow & { id: OrganisationId },
): Representative | undefined {
  if (!row.representative_name) return undefined;
  const name = sealer.open(place(row.id, 'representative_name'), row.representative_name);
  const type = row.representative_document_type;
  if (!type || !row.representative_number) return { name };
  const number = sealer.open(place(row.id, 'representative_number'), row.representative_number);
  return { name, document: { type, number } };
}

export const toOrganisationSummary = (row: OrganisationSummaryRow): OrganisationSummary => ({
  id: row.id,
  creditCode: row.credit_code,
  name: row.name,
  state: row.state,
  version: row.version,
});

export function openOrganisation(sealer: Sealer, row: OrganisationRow): Organisation {
  const representative = openRepresentative(sealer, row);
  return {
    ...toOrganisationSummary(row),
    kind: kindOfCode(row.credit_code),
    ...(representative ? { representative } : {}),
    createdAt: row.created_at,
  };
}
