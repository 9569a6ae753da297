/** Declarations of old systems: what is wrong is said, all at once, and nothing of the file is run. */
import { expect, test } from 'vitest';
import { declaredColumns, readDeclaration } from '../../src/legacy/declaration.ts';

const GOOD = `
source: rencai-2016
title: { zh-CN: 人才服务网（旧）, en: Talent service (old) }
client: talent-service
person:
  localId: user_id
  userName: user_name
  name: nick_name
  document: { column: sfzh }
  phone: phonenumber
  gender: { column: sex, codes: { "0": male, "1": female, "2": unstated } }
  status: { column: status, codes: { "0": active, "1": disabled } }
  deleted: { column: del_flag, codes: { "0": no, "2": yes } }
  password: password
  salt: salt
recipe: md5(u+p+s)
nameWidth: 30
`;
const faultsOf = (text: string): string[] => {
  const read = readDeclaration(text);
  return read.ok ? [] : read.failure.faults.map(({ setting }) => setting);
};

test('a whole declaration is read, with what it leaves out', () => {
  const read = readDeclaration(GOOD);
  expect(read.ok && read.value).toMatchObject({
    source: 'rencai-2016',
    person: {
      document: { column: 'sfzh', type: 'citizen-number' },
      gender: { codes: { 0: 'male', 1: 'female', 2: 'unstated' } },
    },
  });
});

test('the kind of document may stand in a column', () => {
  const read = readDeclaration(`
source: hukou
title: { zh-CN: 户籍 }
person:
  localId: id
  document: { column: zjhm, type: { column: zjlx, codes: { "111": citizen-number, "553": residence-permit } } }
`);
  expect(read.ok && read.value.person?.document?.type).toMatchObject({ column: 'zjlx' });
});

test('every fault is told at once, by name', () => {
  const wrong = GOOD.replace('rencai-2016', '人才')
    .replace('user_id', '""')
    .replace('male, "1"', 'man, "1"')
    .concat('passwort: x\n');
  expect(faultsOf(wrong).sort()).toEqual(['passwort', 'person.gender.codes.0', 'person.localId', 'source']);
});

test.each([
  ['passwords without a recipe', GOOD.replace(/recipe: .*/, ''), 'recipe'],
  ['a recipe without passwords', GOOD.replace(/ {2}(password|salt): .*\n/g, ''), 'person.password'],
  [
    'a salt without passwords',
    GOOD.replace(/ {2}password: .*\n/, '').replace(/recipe: .*/, ''),
    'person.salt',
  ],
])('%s do not go together', (_what, text, setting) => {
  expect(faultsOf(text)).toContain(setting);
});

test('rows are read in one place: a file, a database or a directory', () => {
  const from = (...places: string[]) => faultsOf(`${GOOD}${places.join('\n')}\n`);
  const database = 'database: { kind: mysql, table: sys_user }';
  expect(from(database)).toEqual([]);
  expect(from('directory: { base: "dc=example" }')).toEqual([]);
  expect(from('file: { header: false }', database)).toEqual(['database']);
  expect(from(database, 'directory: { base: "dc=example" }')).toEqual(['directory']);
  for (const wrong of [
    'kind: mysql',
    'kind: mysql, table: a, query: SELECT 1',
    'kind: db2, table: a',
    'kind: mysql, query: DROP TABLE a',
    'kind: mysql, query: "SELECT 1 /* */"',
    'kind: mysql, query: "SELECT 1 -- x"',
    'kind: postgres, query: SELECT 1, schema: a',
    'kind: oracle, table: A, encoding: gb18030',
    'kind: mysql, table: a, password: x',
  ])
    expect([wrong, from(`database: { ${wrong} }`).length]).toEqual([wrong, 1]);
  expect(from('login: talent')).toEqual(['login']);
});

test.each([
  ['no YAML', 'a: [', '(whole)'],
  ['a list', '- a\n- b', 'settings'],
  ['nothing', '', 'settings'],
  ['aliases that unfold', 'a: &a [x]\nb: [*a, *a]', '(whole)'],
  ['too much', `source: ${'a'.repeat(200_000)}`, '(whole)'],
])('%s is refused', (_what, text, setting) => {
  expect(faultsOf(text)).toContain(setting);
});

const FIRMS = `
source: firms
title: { zh-CN: 企业 }
organisation:
  localId: id
  name: dwmc
  code: { column: dm, type: { column: lx, codes: { "1": credit-code, "2": organisation-code } } }
  representative: { name: frxm, document: frsfz }
  status: { column: zt, codes: { "0": active, "1": disabled } }
`;

test('a system of organisations names its own columns, and each of them', () => {
  const read = readDeclaration(FIRMS);
  expect(read.ok && declaredColumns(read.value)).toEqual([
    ['organisation.localId', 'id'],
    ['organisation.name', 'dwmc'],
    ['organisation.status.column', 'zt'],
    ['organisation.code.column', 'dm'],
    ['organisation.code.type.column', 'lx'],
    ['organisation.representative.name', 'frxm'],
    ['organisation.representative.document', 'frsfz'],
  ]);
});

test.each([
  ['nobody’s accounts', FIRMS.replace(/organisation:[\s\S]*/, ''), 'person'],
  ['both', `${FIRMS}person: { localId: id }\n`, 'organisation'],
  ['passwords of organisations', `${FIRMS}recipe: md5(p)\n`, 'recipe'],
  ['an interface for passwords of organisations', `${FIRMS}login: firms\n`, 'login'],
  ['a column of passwords', FIRMS.replace('name: dwmc', 'password: mm'), 'organisation.password'],
  ['a number of no known kind', FIRMS.replace('organisation-code }', 'tax-number }'), 'organisation.code'],
])('%s cannot be declared', (_what, text, setting) => {
  expect(faultsOf(text).join()).toContain(setting);
});

test('a recipe that cannot be used is refused with the place in it, before anybody relies on it', () => {
  for (const recipe of ['nosuchproduct', 'md5(p+', 'md5(q)', "'thinkcmf()'"]) {
    const read = readDeclaration(GOOD.replace('md5(u+p+s)', recipe));
    expect(!read.ok && read.failure.faults, recipe).toEqual([
      { setting: 'recipe', right: expect.stringMatching(/^must be a recipe: column \d+: \S.+/) },
    ]);
  }
});
