/** Synthetic numbers of organisations: counties that do not exist, organisation codes that begin with X. */
import { creditCodeCheck, organisationCheck, registrationCheck } from '../../src/accounts/check-digits.ts';

/** A different valid organisation code for each n below ten million. */
export function organisationCode(n: number): string {
  const body = `X${String(n).padStart(7, '0')}`;
  return body + organisationCheck(body);
}

/** A different valid credit code for each n; `head` is department, kind and authority. */
export function creditCode(n: number, head = '91540199'): string {
  const body = head + organisationCode(n);
  return body + creditCodeCheck(body);
}

/** A different valid registration number of 15 digits for each n. */
export function registrationNumber(n: number): string {
  const body = `540199${String(n).padStart(8, '0')}`;
  return body + registrationCheck(body);
}
