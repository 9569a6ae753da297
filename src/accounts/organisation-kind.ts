/**
 * What kind of organisation a credit code belongs to: its first two characters, the registering department and the kind
 * within it (GB 32100-2015 with amendment 1). A pure function of the code, so it is stored nowhere.
 */

/** By department, then by kind. `9` is always whatever the department registers beside the named kinds. */
const KINDS = {
  '1': { '1': 'organ', '2': 'institution', '3': 'mass-organisation', '9': 'staffing-other' },
  '2': { '1': 'news-bureau', '9': 'foreign-affairs-other' },
  '3': {
    '1': 'law-firm',
    '2': 'notary',
    '3': 'legal-service',
    '4': 'forensic-institute',
    '5': 'arbitration',
    '9': 'justice-other',
  },
  '4': { '1': 'culture', '9': 'culture-other' },
  '5': {
    '1': 'social-group',
    '2': 'private-non-enterprise',
    '3': 'foundation',
    '9': 'civil-affairs-other',
  },
  '6': { '1': 'tourism', '2': 'tourism-foreign', '9': 'tourism-other' },
  '7': { '1': 'place-of-worship', '2': 'religious-school', '9': 'religion-other' },
  '8': { '1': 'trade-union', '9': 'trade-union-other' },
  '9': { '1': 'enterprise', '2': 'individual-business', '3': 'farmer-cooperative', '9': 'market-other' },
  A: { '1': 'military', '9': 'military-other' },
  N: {
    '1': 'group-collective',
    '2': 'village-collective',
    '3': 'township-collective',
    '9': 'agriculture-other',
  },
  Y: { '1': 'other' },
} as const;

type Kinds = typeof KINDS;
type KindOf<Table> = Table extends Record<string, infer Kind> ? Kind : never;
/** `undefined-kind`: a pair that the standard does not have; migration keeps it and marks it. */
export type OrganisationKind = KindOf<Kinds[keyof Kinds]> | 'undefined-kind';

/** @param creditCode as {@link parseCreditCode} gives it, or its beginning */
export function kindOfCode(creditCode: string): OrganisationKind {
  const department = KINDS[creditCode[0] as keyof Kinds] as Record<string, OrganisationKind> | undefined;
  return (
    (department && Object.hasOwn(department, creditCode[1]!) && department[creditCode[1]!]) ||
    'undefined-kind'
  );
}
