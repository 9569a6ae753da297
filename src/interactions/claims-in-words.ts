/** Claims and scopes as people understand them: some belong together, protocol words are left out. */
import type { TextParams } from '../platform/page/texts.ts';

type Say = (key: string, params?: TextParams) => string;

/** Text keys below `interactions.claims`; several claims may share one line, an empty one says nothing to people. */
const WORDS: Record<string, string> = {
  name: 'name',
  'name#bo': 'name_tibetan',
  gender: 'gender',
  birthdate: 'birthdate',
  locale: 'locale',
  assurance: 'assurance',
  verified_claims: 'assurance',
  channel: 'channel',
  phone_number: 'phone_number',
  phone_number_verified: 'phone_number',
  id_number: 'id_number',
  id_number_type: 'id_number',
  id_number_country: 'id_number',
  legacy_accounts: 'legacy_accounts',
  acr: 'sign_in',
  amr: 'sign_in',
  auth_time: 'sign_in',
  sub: '',
};

/** One line per thing a person would call by one name, in the order given. */
export function claimsInWords(t: Say, claims: readonly string[]): string[] {
  const lines = claims.map((claim) => {
    const key = Object.hasOwn(WORDS, claim) ? WORDS[claim]! : undefined;
    if (key === '') return '';
    return key === undefined
      ? t('interactions.claims.other', { name: claim })
      : t(`interactions.claims.${key}`);
  });
  return [...new Set(lines.filter((line) => line !== ''))];
}
