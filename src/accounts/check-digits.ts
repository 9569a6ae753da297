/** The check characters of Chinese numbers, each by its standard. */

const ID_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const ID_CHECKS = '10X98765432';

/** GB 11643-1999 (ISO 7064 MOD 11-2) over the first 17 digits of an 18-character number. */
export function citizenCheck(number: string): string {
  const sum = ID_WEIGHTS.reduce((total, weight, at) => total + weight * Number(number[at]), 0);
  return ID_CHECKS[sum % 11]!;
}

/** 0–9 as digits, A = 10 … Z = 35. */
const digitValue = (character: string): number => Number.parseInt(character, 36);

/** ICAO 9303 part 3: weights 7-3-1, modulo 10. Used by the foreigner's card of 2017 over its first 14 characters. */
export function machineReadableCheck(text: string): string {
  const weights = [7, 3, 1];
  const sum = Array.from(text).reduce(
    (total, character, at) => total + digitValue(character) * weights[at % 3]!,
    0,
  );
  return String(sum % 10);
}

const ORGANISATION_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2];

/** GB 11714 over the first 8 characters of an organisation code: 10 is written X, 11 is written 0. */
export function organisationCheck(code: string): string {
  const sum = ORGANISATION_WEIGHTS.reduce((total, weight, at) => total + weight * digitValue(code[at]!), 0);
  const check = 11 - (sum % 11);
  return check === 10 ? 'X' : check === 11 ? '0' : String(check);
}

/** The 31 characters of GB 32100-2015: no I, O, S, V, Z. */
export const CREDIT_CODE_CHARACTERS = '0123456789ABCDEFGHJKLMNPQRTUWXY';

/** GB 32100-2015 over the first 17 characters; the outer modulo turns 31 into 0. */
export function creditCodeCheck(code: string): string {
  let sum = 0;
  let weight = 1;
  for (const character of code.slice(0, 17)) {
    sum += CREDIT_CODE_CHARACTERS.indexOf(character) * weight;
    weight = (weight * 3) % 31;
  }
  return CREDIT_CODE_CHARACTERS[(31 - (sum % 31)) % 31]!;
}

/** GS15-2006 (ISO 7064 MOD 11,10) over the first 14 digits of a business registration number. */
export function registrationCheck(number: string): string {
  let product = 10;
  for (const digit of number.slice(0, 14)) {
    const sum = (product + Number(digit)) % 10 || 10;
    product = (sum * 2) % 11;
  }
  return String((11 - product) % 10);
}
