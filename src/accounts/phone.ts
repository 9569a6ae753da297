/** Mobile numbers of the mainland. Neither unique nor stable nor proof of who somebody is. */
import { done, failed, type Outcome } from '../platform/failure.ts';
import { foldNumber } from './characters.ts';

/**
 * A typed number as its 11 digits, without +86 / 0086. Carrier prefixes are not judged: numbers move between
 * carriers since November 2019. Failures (422, field `phone`): phone-empty, phone-form.
 */
export function parsePhone(raw: string, field = 'phone'): Outcome<string> {
  const folded = foldNumber(raw)?.replace(/[()]/g, '');
  if (folded === '') return failed('phone-empty', 422, { field });
  const digits = folded?.replace(/^(\+|00)?86(?=1\d{10}$)/, '');
  return digits !== undefined && /^1[3-9]\d{9}$/.test(digits)
    ? done(digits)
    : failed('phone-form', 422, { field });
}

/** E.164, as the OpenID claim `phone_number` wants it. */
export const internationalPhone = (phone: string): string => `+86${phone}`;
