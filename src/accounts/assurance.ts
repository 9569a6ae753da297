/**
 * How sure we are who somebody is (identity level, 1–5) and how they proved it now (authentication level, 1–3).
 * Two axes, never one: a person proofed face to face who signs in by SMS alone is ial4 and aal1.
 */

export type IdentityLevel = 1 | 2 | 3 | 4 | 5;
export type AuthenticationLevel = 1 | 2 | 3;

export interface Assurance {
  ial: IdentityLevel;
  aal: AuthenticationLevel;
}

const ACR = /^urn:yihao:acr:1:ial([1-5]):aal([1-3])$/;

/** The `acr` value of a pair; the 1 after `acr` is the version of this ladder. */
export const acrOf = (ial: IdentityLevel, aal: AuthenticationLevel): string =>
  `urn:yihao:acr:1:ial${ial}:aal${aal}`;

/** The pair behind an `acr` value, or undefined for a value that is not ours. */
export function parseAcr(acr: string): Assurance | undefined {
  const match = ACR.exec(acr);
  return match
    ? { ial: Number(match[1]) as IdentityLevel, aal: Number(match[2]) as AuthenticationLevel }
    : undefined;
}

/** Whether one `acr` value reaches another on both axes. A value that is not ours satisfies and is satisfied by nothing. */
export function satisfies(have: string, wanted: string): boolean {
  const had = parseAcr(have);
  const asked = parseAcr(wanted);
  return had !== undefined && asked !== undefined && had.ial >= asked.ial && had.aal >= asked.aal;
}

/** All `acr` values, weakest identity first, for discovery. */
export const ACR_VALUES: readonly string[] = ([1, 2, 3, 4, 5] as const).flatMap((ial) =>
  ([1, 2, 3] as const).map((aal) => acrOf(ial, aal)),
);

/** What kind of factor an `amr` value is (RFC 8176; `qr` is ours). `kba` proves nothing by itself. */
const FACTORS: Record<string, 'knowledge' | 'possession' | 'inherence'> = {
  pwd: 'knowledge',
  pin: 'knowledge',
  sms: 'possession',
  tel: 'possession',
  otp: 'possession',
  hwk: 'possession',
  swk: 'possession',
  sc: 'possession',
  pop: 'possession',
  qr: 'possession',
  face: 'inherence',
  fpt: 'inherence',
  iris: 'inherence',
  vbm: 'inherence',
};
const HARDWARE = ['hwk', 'sc'];

/**
 * The authentication level of what was proved: 1 for one factor; 2 for factors of two kinds (or `mfa`, where
 * another server vouches for them); 3 when one of the two is a hardware key.
 */
export function aalOf(amr: readonly string[]): AuthenticationLevel {
  const kinds = new Set(amr.map((method) => FACTORS[method]).filter((kind) => kind !== undefined));
  const two = kinds.size >= 2 || amr.includes('mfa');
  if (!two) return 1;
  return amr.some((method) => HARDWARE.includes(method)) ? 3 : 2;
}

/** What was shown about a person's identity, each proof from its own source. */
export type IdentityProof =
  | 'phone'
  | 'number-typed'
  | 'register-match'
  | 'live-face'
  | 'chip-and-face'
  | 'counter'
  | 'certificate';

/**
 * The identity level that proofs add up to: 1 a phone, 2 a number typed, 3 name and number matched by the register
 * together with a phone, 4 a live face or the card's chip with a face, 5 a counter or a certificate.
 */
export function identityLevelOf(proofs: readonly IdentityProof[]): IdentityLevel {
  const has = (proof: IdentityProof) => proofs.includes(proof);
  if (has('counter') || has('certificate')) return 5;
  if (has('live-face') || has('chip-and-face')) return 4;
  if (has('register-match') && has('phone')) return 3;
  return has('register-match') || has('number-typed') ? 2 : 1;
}
