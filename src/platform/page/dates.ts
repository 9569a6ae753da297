/**
 * Dates, lists and waits in three languages. ICU's Tibetan falls back to English for lists and relative time
 * and has no official forms, so all patterns are our own texts (frame.date.*); digits are Latin everywhere,
 * the zone is China's.
 */
import type { Language } from './language.ts';
import type { Texts } from './texts.ts';

const ZONE = 'Asia/Shanghai';

const clock = new Intl.DateTimeFormat('en-GB', {
  timeZone: ZONE,
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});

export interface Wording {
  date(language: Language, at: Date): string;
  /** Hours and minutes, 24-hour clock. */
  time(language: Language, at: Date): string;
  dateTime(language: Language, at: Date): string;
  list(language: Language, items: readonly string[]): string;
  /** A span of time to wait, in the largest unit that says it, rounded up. */
  wait(language: Language, seconds: number): string;
}

export function makeWording(texts: Texts): Wording {
  const date = (language: Language, at: Date): string => {
    const parts = partsOf(at);
    // ICU fills numbers up with a zero where another part has two digits.
    const month = texts.t(language, `frame.date.months.m${Number(parts.month)}`);
    return texts.t(language, 'frame.date.day', { year: parts.year!, month, day: Number(parts.day) });
  };
  const time = (_language: Language, at: Date): string => {
    const parts = partsOf(at);
    return `${parts.hour}:${parts.minute}`;
  };
  return {
    date,
    time,
    dateTime: (language, at) =>
      texts.t(language, 'frame.date.moment', { date: date(language, at), time: time(language, at) }),
    list: (language, given) => {
      if (given.length < 2) return given[0] ?? '';
      const items = given.map(openEnded);
      const last = items.at(-1)!;
      if (items.length === 2) return texts.t(language, 'frame.list.pair', { first: items[0]!, last });
      const first = items.slice(0, -1).map(closedAgain);
      const between = texts.t(language, 'frame.list.between');
      return texts.t(language, 'frame.list.many', { first: first.join(between), last });
    },
    wait: (language, seconds) => {
      const [unit, count] = inUnits(Math.max(1, Math.ceil(seconds)));
      return texts.t(language, `frame.wait.${unit}${count === 1 ? '_one' : ''}`, { count });
    },
  };
}

/** A Tibetan label without its closing shad and with a tsheg, so that a word can follow it. */
const openEnded = (item: string): string =>
  /\p{Script=Tibetan}/u.test(item) ? `${item.replace(/[།་\s]+$/u, '')}་` : item;

/** The same before a shad: the tsheg stays only after ང. */
const closedAgain = (item: string): string => item.replace(/(?<!ང)་$/u, '');

function inUnits(seconds: number): ['seconds' | 'minutes' | 'hours', number] {
  if (seconds < 60) return ['seconds', seconds];
  const minutes = Math.ceil(seconds / 60);
  return minutes < 120 ? ['minutes', minutes] : ['hours', Math.ceil(minutes / 60)];
}

function partsOf(at: Date): Record<string, string> {
  return Object.fromEntries(clock.formatToParts(at).map((part) => [part.type, part.value]));
}
