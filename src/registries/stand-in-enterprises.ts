/**
 * Invented enterprises, reproducible from a seed: enterprise n is a function of seed and n, and each of its numbers gives
 * n back by arithmetic. Counties that do not exist, organisation codes that begin with X. Only what the market register
 * holds: enterprises, individual businesses, cooperatives. Who represents one is somebody of the synthetic population.
 */
import { creditCodeCheck, organisationCheck, registrationCheck } from '../accounts/check-digits.ts';
import type { OrganisationStatus } from './enterprise.ts';
import { type Dice, throwDice } from './stand-in-dice.ts';
import { personAt, type RegisteredPerson } from './stand-in-population.ts';

export interface RegisteredEnterprise {
  n: number;
  code: string;
  /** As licences before 2015 had it. */
  registrationNumber: string;
  name: string;
  status: OrganisationStatus;
  representative: RegisteredPerson;
  /** Why this one is worth trying. */
  remark: string;
}

/** Seven digits of organisation code. */
export const MOST_ENTERPRISES = 10_000_000;

interface Kind {
  head: string;
  /** First digit of the sequence in a registration number: 0 domestic, 4 foreign, 6 individual. */
  sequence: string;
  tails: readonly string[];
}

const list = (words: string): readonly string[] => words.split(' ');
const PLACES = list('拉萨 日喀则 昌都 林芝 山南 那曲 阿里');
const AUTHORITIES = list('540199 540299 540399 540499 540599 540699 542599');
const WORDS = list('雪莲 吉祥 圣湖 高原红 金穗 牦牛 青稞 云杉 格桑花 羌塘 珠峰 白塔 康巴 雅砻 冈底斯 拉鲁');
const KINDS: Record<'company' | 'shop' | 'cooperative', Kind> = {
  company: {
    head: '91',
    sequence: '0',
    tails: list('商贸有限公司 建筑工程有限公司 文化旅游有限责任公司 农牧科技有限公司 物流有限公司'),
  },
  shop: { head: '92', sequence: '6', tails: list('甜茶馆 百货店 藏餐馆 五金店 客栈') },
  cooperative: {
    head: '93',
    sequence: '1',
    tails: list('农牧民专业合作社 奶牛养殖专业合作社 青稞种植专业合作社'),
  },
};

interface Slot {
  kind: keyof typeof KINDS;
  status?: OrganisationStatus;
  /** How the name is made, where it is not place, word and tail. */
  name?: (place: string, word: string, tail: string) => string;
  remark: string;
}

/** Every twenty enterprises look alike in this; what is worth trying comes first. */
const SLOTS: readonly Slot[] = [
  { kind: 'company', remark: 'company' },
  { kind: 'shop', remark: 'individual business' },
  { kind: 'cooperative', remark: 'farmers’ cooperative' },
  {
    kind: 'company',
    name: (place, word, tail) => `西藏${word}（${place}）${tail}`,
    remark: 'brackets in the name',
  },
  { kind: 'company', status: 'dissolved', remark: 'dissolved' },
  { kind: 'company', status: 'revoked', remark: 'licence revoked' },
  { kind: 'company', name: (_, word, tail) => `西藏ABC${word}${tail}`, remark: 'Latin letters in the name' },
  ...Array.from({ length: 8 }, (): Slot => ({ kind: 'company', remark: '' })),
  ...Array.from({ length: 4 }, (): Slot => ({ kind: 'shop', remark: '' })),
  { kind: 'cooperative', remark: '' },
];

export interface Enterprises {
  readonly size: number;
  /** @throws RangeError when there is none */
  at(n: number): RegisteredEnterprise;
  /** Whose number this is: credit code, organisation code or registration number. */
  find(number: string): RegisteredEnterprise | undefined;
}

export function makeEnterprises(seed: string, size: number, people: number): Enterprises {
  if (!Number.isInteger(size) || size < 1 || size > MOST_ENTERPRISES)
    throw new RangeError(`there are 1 to ${MOST_ENTERPRISES} enterprises`);
  const { scatter, gather } = scattering(seed);
  const at = (n: number): RegisteredEnterprise => {
    if (!Number.isInteger(n) || n < 0 || n >= size) throw new RangeError(`no enterprise ${n} of ${size}`);
    return describe(seed, n, scatter(n), people);
  };
  return {
    size,
    at,
    find(number) {
      const digits = /^(?:.{8})?X(\d{7})[\dX].?$/.exec(number)?.[1] ?? /^\d{7}(\d{7})\d$/.exec(number)?.[1];
      const n = digits === undefined ? size : gather(Number(digits));
      if (n >= size) return undefined;
      const found = at(n);
      const { code, registrationNumber } = found;
      return [code, code.slice(8, 17), registrationNumber].includes(number) ? found : undefined;
    },
  };
}

function describe(seed: string, n: number, place: number, people: number): RegisteredEnterprise {
  const { kind, status = 'operating', name, remark } = SLOTS[n % SLOTS.length]!;
  const dice: Dice = throwDice(seed, 'enterprise', n);
  const where = dice.below(PLACES.length);
  const word = dice.pick(WORDS) + dice.pick(WORDS);
  const tail = dice.pick(KINDS[kind].tails);
  const digits = String(place).padStart(7, '0');
  const inner = `X${digits}`;
  const authority = AUTHORITIES[where]!;
  const body = KINDS[kind].head + authority + inner + organisationCheck(inner);
  const old = authority + KINDS[kind].sequence + digits;
  return {
    n,
    code: body + creditCodeCheck(body),
    registrationNumber: old + registrationCheck(old),
    name: (name ?? ((at, its, what) => `${at}${its}${what}`))(PLACES[where]!, word, tail),
    status,
    representative: personAt(seed, n % people),
    remark,
  };
}

/** One-to-one over seven digits: times an odd number without factor five, plus another. */
function scattering(seed: string) {
  const dice = throwDice(seed, 'scatter', 'enterprise');
  const factor = BigInt(dice.below(MOST_ENTERPRISES / 10)) * 10n + 3n;
  const shift = BigInt(dice.below(MOST_ENTERPRISES));
  const room = BigInt(MOST_ENTERPRISES);
  const back = inverse(factor, room);
  return {
    scatter: (n: number): number => Number((BigInt(n) * factor + shift) % room),
    gather: (place: number): number => Number(((BigInt(place) - shift + room) * back) % room),
  };
}

/** Extended Euclid: what times `value` leaves 1. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [old, rest] = [value % modulus, modulus];
  let [one, other] = [1n, 0n];
  while (rest !== 0n) {
    const times = old / rest;
    [old, rest] = [rest, old - times * rest];
    [one, other] = [other, one - times * other];
  }
  return ((one % modulus) + modulus) % modulus;
}
