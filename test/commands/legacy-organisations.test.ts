/** An operator brings a system of organisations home, with the same commands as one of persons. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeEnterprises } from '../../src/registries/stand-in-enterprises.ts';
import { PATIENT, type RunningYihao, startYihao } from '../support/server.ts';
import { runCli } from './cli.ts';

let yihao: RunningYihao;
let folder: string;
beforeAll(async () => {
  yihao = await startYihao(undefined, PATIENT);
  folder = mkdtempSync(join(tmpdir(), 'yihao-firms-'));
});
afterAll(async () => {
  await yihao?.close();
  rmSync(folder, { recursive: true, force: true });
});

const cli = (...args: string[]) => {
  const { url, secret } = yihao.yihao.registries.standIn!;
  const register = { YIHAO_REGISTRIES__POPULATION__URL: url, YIHAO_REGISTRIES__POPULATION__SECRET: secret };
  return runCli({ ...yihao.env, ...register }, args);
};
const legacy = (...args: string[]) => cli('legacy', ...args);

test('the whole way, in the words of the command line', { timeout: 300_000 }, async () => {
  const enterprises = makeEnterprises('yihao', 20_000, 100_000);
  const [company, shop, cooperative, bracketed, dissolved] = [0, 1, 2, 3, 4].map((n) => enterprises.at(n));
  const boss = company!.representative;
  const rows = [
    `1,${company!.name},${company!.code},${boss.name},${boss.document.number}`,
    `2,${shop!.name},${shop!.code.slice(8, 17)},,`,
    `3,${cooperative!.name},${cooperative!.registrationNumber},,`,
    `4,${bracketed!.name.replace('（', '(').replace('）', ')')},${bracketed!.code},达娃,`,
    `5,${dissolved!.name},${dissolved!.code},,`,
    '6,某某县卫生局,11540000X99900040W,,',
    '7,无,无,,',
  ];
  const dump = join(folder, 'firms.csv');
  const declaration = join(folder, 'firms.yaml');
  writeFileSync(dump, ['dwbh,dwmc,tyshxydm,frxm,frsfz', ...rows].join('\r\n'));

  const seen = await legacy('inspect', dump, '--json');
  const { declaration: proposed } = seen.json<{ declaration: string }>();
  writeFileSync(declaration, proposed.replace('old-system', 'firms').replace('旧系统', '企业服务网'));
  expect((await legacy('declare', 'check', declaration)).out).toContain('firms: the declaration can be used');
  expect((await legacy('stage', declaration, dump, '--json')).json()).toMatchObject({
    counts: { added: 7, passwords: 0 },
  });

  const planned = await legacy('plan', 'firms', '--json');
  expect(planned, planned.err).toMatchObject({ code: 0 });
  // Two of them are looked up before their names are compared.
  expect(planned.json()).toMatchObject({ asked: 8 });
  expect((await legacy('apply', 'firms')).out).toMatch(/ 4 {2}linked to accounts opened/);
  expect((await legacy('status', 'firms')).out).toContain('accounts of firms');

  const shown = await cli('organisation', 'show', cooperative!.registrationNumber);
  expect(shown.out).toContain(cooperative!.code);
  expect(shown.out).toContain('firms/3');
  const first = await cli('organisation', 'show', company!.code, '--json');
  expect(first.json()).toMatchObject({ credit_code: company!.code, kind: 'enterprise', state: 'active' });
  for (const secret of [boss.document.number, boss.name]) expect(first.out).not.toContain(secret);
  expect(await cli('organisation', 'show', '91540199X99900016N')).toMatchObject({ code: 3 });
  expect(await cli('organisation', 'show', '123')).toMatchObject({ code: 3 });

  const cases = await legacy('cases', 'firms');
  expect(cases.out).toContain('the organisation was dissolved');
  expect(cases.out).toContain('the register does not know the number');
  const view = await legacy('cases', 'firms', '6');
  expect(view.out).toContain('11540000X99900040W');
  expect(view.out).toMatch(/representative/);
  const why = ['--reason', 'certificate seen'];
  expect((await legacy('decide', 'firms', '5', '--create', ...why)).err).toContain(
    'case-enterprise-register',
  );
  expect((await legacy('decide', 'firms', '6', '--create', ...why)).out).toContain(
    'another person approves it',
  );
  const waits = await legacy('cases', 'firms', '6');
  expect(waits.out).toMatch(/waits for approval: \d+, create 11540000X99900040W \S+ by .*certificate seen/);
  expect(waits.out).toContain('does not know the code');
  expect((await legacy('decide', 'firms', '6', '--link', 'nonsense', ...why)).code).toBe(2);
  expect((await legacy('undo', 'firms', '6', ...why)).out).toContain('is an open case again');
  expect((await legacy('decide', 'firms', '5', '--reject', ...why)).out).toContain('set aside');

  const undone = await legacy('undo', 'firms', '3', ...why);
  expect(undone.out).toContain('which the link had opened, is gone');
  expect(await cli('organisation', 'show', cooperative!.code)).toMatchObject({ code: 3 });
  expect((await cli('doctor', '--json')).out).toContain('enterprise register');
});
