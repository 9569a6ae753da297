/**
 * Names of organisations: how one is stored, and when two are the same. Registers, stamps and clerks differ in width,
 * brackets and spaces; nothing else is ever brought together, because 公司 and 分公司 are two organisations.
 */
import { done, failed, type Outcome } from '../platform/failure.ts';
import { LONGEST_NAME } from './name.ts';

const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;
const FULL_WIDTH = /[\uFF01-\uFF5E]/g;
const HAN = /\p{Script=Han}/u;
/** Spaces beside an ideograph or a bracket separate nothing; those between Latin words do. */
const IDLE_SPACE = /(?<=[\p{Script=Han}（）]) | (?=[\p{Script=Han}（）])/gu;
const LETTER = /[\p{L}\p{Co}]/u;

/**
 * A name in the form it is stored and sent to a register in: letters in half width; in a Chinese name brackets in full
 * width, as licences print them, and no idle spaces. Failure `organisation-name` 422.
 */
export function normaliseOrganisationName(raw: string): Outcome<string> {
  if (raw.length > LONGEST_NAME * 8) return refused();
  const plain = halfWidth(raw).replace(/\s+/g, ' ').trim();
  const name = HAN.test(plain)
    ? plain.replaceAll('(', '（').replaceAll(')', '）').replace(IDLE_SPACE, '')
    : plain;
  const fits = [...name].length <= LONGEST_NAME && LETTER.test(name) && !/\p{Cc}/u.test(name);
  return fits ? done(name) : refused();
}

/** What of a name is compared: all but width, spaces and the form of its brackets. */
export const organisationNameKey = (name: string): string => halfWidth(name).replace(/\s+/g, '');

/** Whether two names are one organisation's. */
export const sameOrganisationName = (one: string, other: string): boolean =>
  organisationNameKey(one) === organisationNameKey(other);

const halfWidth = (text: string): string =>
  text
    .replace(INVISIBLE, '')
    .normalize('NFC')
    .replace(FULL_WIDTH, (character) => String.fromCharCode(character.charCodeAt(0) - 0xfee0));

const refused = () => failed('organisation-name', 422, { field: 'organisation_name' });
