/**
 * From template and language to the text of a message. Every text is a whole sentence of its own in every
 * language, so that nothing is glued together; the person's language only, because two do not fit.
 */
import type { Language } from '../platform/page/language.ts';
import type { CodeParams, Sms } from './notice.ts';
import { tibetan } from './templates/bo.ts';
import { english } from './templates/en.ts';
import { chinese } from './templates/zh-CN.ts';

export const TEXT_NAMES = [
  'code.sign-in',
  'code.register',
  'code.step-up',
  'code.claim',
  'registration-finished',
  'registration-refused',
  'password-changed',
] as const;

/** One text to be filed with the carriers, per language. */
export type TextName = (typeof TEXT_NAMES)[number];

export type Wording = Record<TextName, string>;

const WORDINGS: Record<Language, Wording> = { 'zh-CN': chinese, bo: tibetan, en: english };

/** A message ready for a gateway. */
export interface ComposedSms {
  phone: string;
  name: TextName;
  /** The language of the text, which is Chinese where the person's own was not filed. */
  language: Language;
  params: Record<string, string>;
  /** Without the signature. */
  text: string;
}

/** Carriers take variables by their kind only; anything else in one of ours is a mistake of our own. */
const PARAM_SHAPES: Record<string, RegExp> = { code: /^\d{4,8}$/, minutes: /^[1-9]\d?$/ };

/** Writes the message. @throws Error on a parameter of the wrong kind, without its value */
export function compose(sms: Sms, filed: readonly Language[]): ComposedSms {
  const language = filed.includes(sms.language) ? sms.language : 'zh-CN';
  const name = nameOf(sms);
  const params = sms.template === 'code' ? codeParams(sms.params) : {};
  const text = WORDINGS[language][name].replace(/\{(\w+)\}/g, (_, key: string) => {
    const value = params[key];
    if (value === undefined) throw new Error(`message ${name}: no value for ${key}`);
    return value;
  });
  return { phone: sms.phone, name, language, params, text };
}

const nameOf = (sms: Sms): TextName =>
  sms.template === 'code' ? `code.${sms.params.purpose}` : sms.template;

function codeParams({ code, minutes }: CodeParams): Record<string, string> {
  const params: Record<string, string> = { code, minutes: String(minutes) };
  for (const [key, value] of Object.entries(params)) {
    if (!PARAM_SHAPES[key]!.test(value)) throw new Error(`message: ${key} is not of its kind`);
  }
  return params;
}

const SINGLE_UNITS = 70;
const PART_UNITS = 67;

/** As it reaches the phone. */
export const signedText = (signature: string, text: string): string => `【${signature}】${text}`;

/**
 * How many messages a text is billed as: one up to 70 UCS-2 units, else parts of 67, because six octets of each
 * part number them (3GPP TS 23.040 §9.2.3.24.1). A character of two units is not cut in half.
 */
export function countParts(text: string): number {
  if (text.length <= SINGLE_UNITS) return 1;
  let parts = 1;
  let used = 0;
  for (const character of text) {
    if (used + character.length > PART_UNITS) {
      parts += 1;
      used = 0;
    }
    used += character.length;
  }
  return parts;
}
