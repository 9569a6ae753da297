/** Row n of the synthetic old system, with the faults that old data has, and what must become of it. */
import { hash } from 'node:crypto';
import { citizenCheck } from '../../src/accounts/check-digits.ts';
import { type Dice, throwDice } from '../../src/registries/stand-in-dice.ts';
import type { RegisteredPerson } from '../../src/registries/stand-in-population.ts';
import { type RecipeName, storedPassword } from './passwords.ts';
import { citizen, deceasedCitizen, FIRST, isForWrongNames, isFrozen, SEARCH } from './people.ts';

export interface Rule {
  seed: string;
  /** People who have an account here. */
  persons: number;
  recipe: RecipeName;
}

/** What a row must come to; `repeated` and `rejected` leave no account of their own. */
export type Fate = 'same' | 'new' | 'person-decides' | 'claim' | 'unusable' | 'repeated' | 'rejected';

export interface Row {
  fields: string[];
  fate: Fate;
  /** Whether its verdict hangs on the register. */
  asked: boolean;
  /** Whether it opens the account, of those that are `new`. */
  opens: boolean;
}

export const COLUMNS = [
  'user_id',
  'user_name',
  'xm',
  'sfzh',
  'sjh',
  'sex',
  'csrq',
  'status',
  'del_flag',
  'password',
  'salt',
];

/** Rows in a thousand. What is left are people the register agrees to who have no account here yet. */
const SHARES = {
  standing: 250,
  'wrong name': 10,
  'fifteen digits': 30,
  'wrong check digit': 15,
  'spoilt by a spreadsheet': 15,
  placeholder: 15,
  'no number': 40,
  'clerk’s number': 10,
  'cut name': 15,
  'lost character': 5,
  organisation: 10,
  'other person’s name': 15,
  'unknown to the register': 10,
  deceased: 5,
  deleted: 20,
  'second account': 20,
  'same id again': 5,
  'no id': 3,
  'too few fields': 2,
} as const;
type Kind = keyof typeof SHARES | 'family' | 'plain';

/** Pairs of rows in a thousand in which children have a parent's number. */
const FAMILIES = 10;
const CLERKS = 3;
const NAME_WIDTH = 5;
/** As keyboards and systems wrote the dot of a name; the last is a space. */
const DOTS = ['\u00B7', '\u00B7', '\u2022', '\u30FB', '\uFF0E', '.', '\u2027', ' '];
const ORGANISATIONS = [
  '拉萨市城关区某某商贸有限公司',
  '那曲市某某学校',
  '系统管理员',
  '日喀则市人民医院',
  '测试用户',
];
const PLACEHOLDERS = [
  '111111111111111111',
  '123456789012345678',
  '000000000000000000',
  '无',
  '999999999999999999',
];
const AGAIN_AFTER = 40;
const SHARED_PHONES = 20;

export const SOURCE = 'bench-old-system';

/** What the columns mean, as an operator would declare it. */
export const declarationOf = ({ recipe }: Rule): string => `
source: ${SOURCE}
title: { zh-CN: 旧系统, en: Old system }
person:
  localId: user_id
  userName: user_name
  name: xm
  document: { column: sfzh }
  phone: sjh
  gender: { column: sex, codes: { "0": male, "1": female, "2": unstated } }
  birthdate: csrq
  status: { column: status, codes: { "0": active, "1": disabled } }
  deleted: { column: del_flag, codes: { "0": no, "2": yes } }
  password: password
  ${recipe === 'discuz' ? 'salt: salt' : ''}
recipe: ${recipe}
nameWidth: ${NAME_WIDTH}
`;

function kindOf({ seed, persons }: Rule, n: number): Kind {
  if (throwDice(seed, 'family', Math.floor(n / 2)).below(1_000) < FAMILIES) return 'family';
  let left = throwDice(seed, 'row', n).below(1_000);
  for (const [kind, share] of Object.entries(SHARES) as [keyof typeof SHARES, number][]) {
    if (left < share) {
      const needsPersons = kind === 'standing' || kind === 'wrong name';
      return needsPersons && persons < 100 ? 'plain' : kind;
    }
    left -= share;
  }
  return 'plain';
}

/** The same for the same rule, on every machine. */
export function rowAt(rule: Rule, n: number): Row {
  const kind = kindOf(rule, n);
  if (kind === 'same id again' && n >= AGAIN_AFTER && kindOf(rule, n - AGAIN_AFTER) === 'plain')
    return { ...rowAt(rule, n - AGAIN_AFTER), fate: 'repeated', asked: false, opens: false };
  const dice = throwDice(rule.seed, 'row', n);
  dice.below(1);
  return MAKE[kind](write(rule, n, dice), rule, n, dice);
}

/** A row about a person, as the system would have it, to be spoilt. */
interface Draft {
  as(person: RegisteredPerson, fate: Fate, more?: { number?: string; name?: string; deleted?: boolean }): Row;
  /** Without a number that an account can stand on. */
  withoutNumber(number: string): Row;
  fresh(): RegisteredPerson;
}

function write({ seed, recipe }: Rule, n: number, dice: Dice): Draft {
  const dot = dice.pick(DOTS);
  const contact = dice.below(100);
  const secret = dice.below(100);
  const disabled = dice.below(100) < 3;
  const fresh = () => citizen(seed, FIRST.fresh + n);
  const as: Draft['as'] = (
    person,
    fate,
    { number = person.document.number, name = person.writes, deleted = false } = {},
  ) => {
    const phone =
      contact < 15
        ? ''
        : contact < 18
          ? `1390000${String(contact % SHARED_PHONES).padStart(4, '0')}`
          : person.phone;
    const userName = `u${n}`;
    const { password, salt } = secret < 5 ? { password: '', salt: '' } : storedPassword(recipe, seed, n);
    return {
      fields: [
        String(100_000 + n),
        userName,
        name.replaceAll('\u00B7', dot),
        number,
        phone,
        person.gender === 'male' ? '0' : '1',
        person.birthdate,
        disabled ? '1' : '0',
        deleted ? '2' : '0',
        password,
        salt,
      ],
      fate,
      asked: false,
      opens: false,
    };
  };
  const withoutNumber = (number: string): Row => {
    const row = as(fresh(), 'claim', { number });
    return row.fields[9] === '' && row.fields[4] === '' ? { ...row, fate: 'unusable' } : row;
  };
  return { as, withoutNumber, fresh };
}

const asked = (row: Row): Row => ({ ...row, asked: true });
const opens = (row: Row): Row => ({ ...row, asked: true, opens: true });

type Maker = (draft: Draft, rule: Rule, n: number, dice: Dice) => Row;

const plain: Maker = ({ as, fresh }) => opens(as(fresh(), 'new'));

const MAKE: Record<Kind, Maker> = {
  plain,
  'same id again': plain,
  standing({ as }, { seed, persons }, n) {
    const index = standingIndex(seed, persons, n);
    return as(citizen(seed, index), isFrozen(index) ? 'person-decides' : 'same');
  },
  'wrong name'({ as, fresh }, { seed, persons }, n) {
    const index = standingIndex(seed, persons, n);
    return as(citizen(seed, index - (index % 10) + 3), 'person-decides', { name: `小${fresh().writes}` });
  },
  'fifteen digits'(draft, rule, n, dice) {
    const found = search(
      rule.seed,
      FIRST.fifteen,
      n,
      ({ document: { number } }) =>
        number[6] === '1' && number[7] === '9' && Number(number.slice(14, 17)) < 996,
    );
    if (!found) return plain(draft, rule, n, dice);
    const { number } = found.document;
    return opens(draft.as(found, 'new', { number: number.slice(0, 6) + number.slice(8, 17) }));
  },
  'wrong check digit'({ withoutNumber, fresh }) {
    const { number } = fresh().document;
    return withoutNumber(number.slice(0, 17) + (number[17] === '1' ? '2' : '1'));
  },
  'spoilt by a spreadsheet'({ withoutNumber, fresh }, _rule, n) {
    const { number } = fresh().document;
    const rounded = `${number.slice(0, 15)}000`;
    // A right check digit by chance would be another person's number.
    if (n % 3 > 0 && citizenCheck(rounded) !== '0') return withoutNumber(rounded);
    return withoutNumber(`${number[0]}.${number.slice(1, 6)}E+17`);
  },
  placeholder: ({ withoutNumber }, _rule, _n, dice) => withoutNumber(dice.pick(PLACEHOLDERS)),
  'no number': ({ withoutNumber }) => withoutNumber(''),
  'clerk’s number': ({ as, fresh }, { seed }, n) =>
    as(fresh(), 'person-decides', { number: citizen(seed, FIRST.clerk + (n % CLERKS)).document.number }),
  family: ({ as, fresh }, { seed }, n) =>
    as(fresh(), 'person-decides', {
      number: citizen(seed, FIRST.family + Math.floor(n / 2)).document.number,
      name: (n % 2 === 0 ? '大' : '小') + fresh().writes,
    }),
  'cut name'(draft, rule, n, dice) {
    const found = search(rule.seed, FIRST.longNamed, n, ({ writes }) => writes.length > NAME_WIDTH);
    if (!found) return plain(draft, rule, n, dice);
    return asked(draft.as(found, 'person-decides', { name: found.writes.slice(0, NAME_WIDTH) }));
  },
  'lost character': ({ as, fresh }) =>
    asked(as(fresh(), 'person-decides', { name: `?${[...fresh().writes].slice(1).join('') || '措'}` })),
  organisation: ({ as, fresh }, _rule, _n, dice) =>
    as(fresh(), 'person-decides', { name: dice.pick(ORGANISATIONS) }),
  'other person’s name': ({ as, fresh }) =>
    asked(as(fresh(), 'person-decides', { name: `小${fresh().writes}` })),
  'unknown to the register': ({ as }, { seed }, n) =>
    asked(as(citizen(seed, FIRST.unknown + n), 'person-decides')),
  deceased: ({ as }, { seed }, n) => asked(as(deceasedCitizen(seed, n), 'person-decides')),
  deleted: ({ as, fresh }) => as(fresh(), 'unusable', { deleted: true }),
  'second account'(draft, rule, n, dice) {
    // Of the person in the row before, perhaps with another dot.
    if (n === 0 || kindOf(rule, n - 1) !== 'plain') return plain(draft, rule, n, dice);
    return asked(draft.as(citizen(rule.seed, FIRST.fresh + n - 1), 'new'));
  },
  'no id'({ as, fresh }) {
    const row = as(fresh(), 'rejected');
    return { ...row, fields: ['', ...row.fields.slice(1)] };
  },
  'too few fields'({ as, fresh }) {
    const row = as(fresh(), 'rejected');
    return { ...row, fields: row.fields.slice(0, 5) };
  },
};

/** Anywhere among those who have an account, so that no page of the tables stays warm by itself. */
function standingIndex(seed: string, persons: number, n: number): number {
  const index = hash('sha256', `${seed}\nstanding\n${n}`, 'buffer').readUInt32BE(0) % persons;
  return isForWrongNames(index) ? index - 1 : index;
}

function search(
  seed: string,
  first: number,
  n: number,
  fits: (person: RegisteredPerson) => boolean,
): RegisteredPerson | undefined {
  for (let at = 0; at < SEARCH; at += 1) {
    const person = citizen(seed, first + n * SEARCH + at);
    if (fits(person)) return person;
  }
  return undefined;
}
