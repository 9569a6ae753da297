/** An organisation's row, sealed and opened as a person's is (staged-row.ts). */

import type { OrganisationKey } from '../accounts/organisation.ts';
import { organisationNameKey } from '../accounts/organisation-name.ts';
import { codeInside } from '../accounts/organisation-number.ts';
import type { Fingerprinter } from '../platform/seal/fingerprint.ts';
import type { Sealer } from '../platform/seal/sealer.ts';
import type { OldOrganisation } from './old-organisation.ts';
import type { OldRecord } from './old-record.ts';
import { openContent, openRecord, type SealedRow, sealContent, sealRecord } from './staged-row.ts';
import type { StagedRow } from './staging-store.ts';

interface Seals {
  sealer: Sealer;
  fingerprinter: Fingerprinter;
}

/** A row of either kind. */
export type OldRow = OldRecord | OldOrganisation;

export const isOrganisation = (row: OldRow): row is OldOrganisation => 'subject' in row;

export const sealRow = (seals: Seals, source: string, row: OldRow): StagedRow =>
  isOrganisation(row) ? sealOrganisation(seals, source, row) : sealRecord(seals, source, row);

/** Opens what {@link sealRow} sealed. @throws SealBroken */
export const openRow: (sealer: Sealer, source: string, row: SealedRow) => OldRow = openRecord;

function sealOrganisation(seals: Seals, source: string, record: OldOrganisation): StagedRow {
  const { localId, at, ...content } = record;
  const [first] = record.numbers;
  const { name } = record;
  return {
    ...{ localId, at },
    ...sealContent(seals, source, localId, JSON.stringify(content)),
    numberState: record.numberState,
    documentType: first?.kind,
    numberPrint: first && seals.fingerprinter.fingerprint('old organisation number', commonNumber(first)),
    namePrint:
      name === undefined
        ? undefined
        : seals.fingerprinter.fingerprint('old organisation name', organisationNameKey(name)),
    // Nobody claims an organisation's account.
    userNamePrint: undefined,
    provable: false,
    deleted: record.deleted,
    marks: record.marks,
  };
}

/** Rows with a credit code and rows with the organisation code inside it are of one organisation. */
const commonNumber = ({ kind, value }: OrganisationKey): string =>
  kind === 'registration-number'
    ? `registration ${value}`
    : kind === 'credit-code'
      ? codeInside(value)
      : value;

/** Opens an organisation's row. @throws SealBroken */
export const openOldOrganisation = (sealer: Sealer, source: string, row: SealedRow): OldOrganisation => ({
  ...(JSON.parse(openContent(sealer, source, row)) as Omit<OldOrganisation, 'localId' | 'at'>),
  localId: row.local_id,
  at: Number(row.at),
});
