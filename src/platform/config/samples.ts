/** Texts that stand where a secret should: printed in our own pages, or typed to be done with it. */

/** The secret of the worked example in docs/partners.md. */
const PUBLISHED = ['k7Qm2Vt9Xw4Rz8Lp3Nc6Hb1Jd5Fg0Sa7'];

const TYPED = /trial|sample|example|change.?me|secret|password|passwd|qwerty/i;
const USUAL = /^(postgres|yihao|redis|admin|root|user|test|\d{1,8})$/i;

/** A random secret of 32 characters has about 25 different ones. */
const LEAST_DIFFERENT = 12;

/** Whether a shared secret of a partner is plainly not random. */
export const isSampleSecret = (secret: string): boolean =>
  PUBLISHED.includes(secret) || TYPED.test(secret) || new Set(secret).size < LEAST_DIFFERENT;

/** Whether an address carries a password that anybody would try first. One without a password does not. */
export function hasSamplePassword(address: string): boolean {
  const { password, username } = URL.parse(address) ?? {};
  return password ? TYPED.test(password) || USUAL.test(password) || password === username : false;
}
