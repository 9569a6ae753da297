import type { Wording } from '../wording.ts';

/**
 * Texts in English. The signature before them is Chinese, so the whole message is counted in 16-bit units, and
 * a code's text must stay within 56 of them.
 */
export const english: Wording = {
  'code.sign-in': '{code} is your sign-in code. Valid {minutes} min. Tell nobody.',
  'code.register': '{code}: registration code, valid {minutes} min. Tell nobody.',
  'code.step-up': '{code}: security check code, valid {minutes} min. Tell nobody',
  'code.claim': '{code}: code to claim an account, {minutes} min. Tell nobody',
  'registration-finished':
    'Your registration is complete; you can sign in now. If it was not you, please tell a service hall.',
  'registration-refused':
    'Your details could not be confirmed, so no account was opened. Check them and register again, or visit a service hall.',
  'password-changed':
    'Your password was changed. If it was not you, sign in with an SMS code now and set a new one.',
};
