/** What the columns of an unknown table are taken for. */
import { expect, test } from 'vitest';
import { proposeColumns } from '../../src/legacy/columns.ts';

const meanings = (...columns: string[]) =>
  Object.fromEntries(proposeColumns(columns).map(({ column, meaning }) => [column, meaning]));

test.each<[string, Record<string, string>]>([
  [
    'RuoYi',
    {
      user_id: 'localId',
      user_name: 'userName',
      nick_name: 'name',
      phonenumber: 'phone',
      sex: 'gender',
      password: 'password',
      status: 'status',
      del_flag: 'deleted',
      login_date: 'lastSignInAt',
      create_time: 'createdAt',
    },
  ],
  [
    'JeecgBoot',
    {
      id: 'localId',
      username: 'userName',
      realname: 'name',
      password: 'password',
      salt: 'salt',
      birthday: 'birthdate',
      sex: 'gender',
      phone: 'phone',
      status: 'status',
      del_flag: 'deleted',
    },
  ],
  [
    'Discuz',
    {
      uid: 'localId',
      username: 'userName',
      password: 'password',
      regdate: 'createdAt',
      lastlogintime: 'lastSignInAt',
      salt: 'salt',
    },
  ],
  [
    'a department’s own table',
    {
      LOGINID: 'userName',
      XM: 'name',
      SFZH: 'document',
      SJH: 'phone',
      DWMC: 'organisationName',
      TYSHXYDM: 'creditCode',
      ZZJGDM: 'organisationCode',
      FRXM: 'representativeName',
      FRSFZ: 'representativeNumber',
    },
  ],
  ['a sheet in Chinese', { 姓名: 'name', 身份证号: 'document', 手机号码: 'phone', 密码: 'password' }],
])('%s is understood', (_system, table) => {
  expect(meanings(...Object.keys(table))).toEqual(table);
});

test('columns that say nothing are left alone, and no meaning is given twice', () => {
  expect(meanings('email', 'avatar', 'remark', 'c1', 'ext_3')).toEqual({});
  expect(meanings('phone', 'mobile')).toEqual({ phone: 'phone' });
});

test('a name of the dictionary goes before one that only fits without its prefix', () => {
  expect(proposeColumns(['f_xm', 'xm'])).toEqual([{ column: 'xm', meaning: 'name', sure: true }]);
  expect(proposeColumns(['F_SFZH'])).toEqual([{ column: 'F_SFZH', meaning: 'document', sure: false }]);
});

test('names made to break it are columns like others', () => {
  expect(meanings('__proto__', 'constructor', 'toString', '', ' ', 'x'.repeat(100_000))).toEqual({});
});
