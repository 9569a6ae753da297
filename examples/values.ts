/** Claims' values as a visitor reads them. */
import { VALUES } from './value-words.ts';
import { CLAIMS, type Language } from './words.ts';

/** A claim's value in words; undefined where its own text says it best, or nobody has told us its meaning. */
export function sayValue(name: string, value: unknown, language: Language): string | undefined {
  const words = VALUES[language];
  if (name === 'assurance' && typeof value === 'object' && value !== null) {
    const { identity_level, authentication_level } = value as Record<string, unknown>;
    return sayLevels(Number(identity_level), Number(authentication_level), language);
  }
  if (name === 'amr' && Array.isArray(value)) return sayMethods(value, language);
  if (typeof value === 'number')
    return name === 'auth_time' ? sayMoment(new Date(value * 1_000), language) : undefined;
  if (typeof value === 'boolean') return value ? words.answer.yes : words.answer.no;
  if (typeof value !== 'string') return undefined;
  if (name === 'acr') {
    const [, identity, authentication] = /^urn:yihao:acr:1:ial(\d):aal(\d)$/.exec(value) ?? [];
    return sayLevels(Number(identity), Number(authentication), language);
  }
  if (name === 'birthdate') {
    const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(value) ?? [];
    return year && words.day(Number(year), Number(month), Number(day));
  }
  if (name === 'gender' || name === 'id_number_type' || name === 'locale' || name === 'channel')
    return Object.hasOwn(words[name], value) ? words[name][value] : undefined;
  return undefined;
}

function sayLevels(identity: number, authentication: number, language: Language): string | undefined {
  const words = VALUES[language];
  const level = words.identity[identity - 1];
  if (level === undefined) return undefined;
  const { assurance, acr } = CLAIMS[language];
  const parts = [`${assurance}${words.colon}${level}`];
  if (authentication > 0) parts.push(`${acr}${words.colon}${authentication}`);
  return parts.join(words.semicolon);
}

/** `mfa` says only that there were several, which is seen. */
function sayMethods(methods: readonly unknown[], language: Language): string | undefined {
  const { methods: words, between } = VALUES[language];
  const said = methods.map(String).filter((method) => method !== 'mfa');
  if (said.length === 0 || !said.every((method) => Object.hasOwn(words, method))) return undefined;
  return said.map((method) => words[method]).join(between);
}

const clock = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Asia/Shanghai',
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});

function sayMoment(at: Date, language: Language): string | undefined {
  if (Number.isNaN(at.getTime())) return undefined;
  const parts = Object.fromEntries(clock.formatToParts(at).map(({ type, value }) => [type, value]));
  const day = VALUES[language].day(Number(parts.year), Number(parts.month), Number(parts.day));
  return `${day}${language === 'en' ? ', ' : ' '}${parts.hour}:${parts.minute}`;
}
