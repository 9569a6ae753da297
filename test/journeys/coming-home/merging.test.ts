/**
 * One citizen with two documents, two accounts and two departments: merged by an operator, found again by both departments,
 * and separated when it turns out that they were two citizens. No script runs.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../../commands/cli.ts';
import { HtmlClient } from '../../support/html-client.ts';
import { installations, PATIENT, startYihao } from '../../support/server.ts';
import { codeFor, enrol, register, signIn } from '../citizen.ts';
import { answerOf, type Department, finish, registerDepartment, visit } from '../department.ts';
import { failure, say } from '../words.ts';

const SCOPE = 'openid profile legacy_accounts';
const [OF_ELDER, OF_OTHER] = ['Snow-Lion-77-river', 'Another-Yak-42-moon'];

describe.each(installations)('two accounts of one person ($name)', (installation) => {
  let yihao: Awaited<ReturnType<typeof startYihao>>;
  let folder: string;
  /** Knows both; knows the other one alone. */
  let tax: Department;
  let school: Department;
  let elder: Awaited<ReturnType<typeof enrol>>;
  let other: Awaited<ReturnType<typeof enrol>>;
  let number: string;

  const cli = async (...args: string[]) => {
    const { url, secret } = yihao.yihao.registries.standIn!;
    const env = { YIHAO_REGISTRIES__POPULATION__URL: url, YIHAO_REGISTRIES__POPULATION__SECRET: secret };
    return runCli({ ...yihao.env, ...env }, [...args, '--json']);
  };
  const done = async <Shape>(...args: string[]) => {
    const said = await cli(...args);
    expect(said, said.err).toMatchObject({ code: 0 });
    return said.json<Shape>();
  };

  beforeAll(async () => {
    yihao = await startYihao(installation, PATIENT);
    const { clients } = yihao.yihao;
    const entitled = { scope: SCOPE, entitlements: ['legacy_accounts'] };
    tax = await registerDepartment(clients, entitled);
    school = await registerDepartment(clients, entitled);
    elder = await enrol(yihao.yihao, { identity_level: 1, password: OF_ELDER });
    other = await enrol(yihao.yihao, { identity_level: 1, password: OF_OTHER, user_name: 'other.name' });
    folder = mkdtempSync(join(tmpdir(), 'yihao-merging-'));
    writeFileSync(
      join(folder, 'old.csv'),
      ['id,xm,sfzh', `E-1,${elder.name},${elder.number}`, `O-1,${other.name},${other.number}`].join('\n'),
    );
    writeFileSync(
      join(folder, 'old.yaml'),
      `source: old-tax\ntitle: { zh-CN: 旧系统 }\nclient: ${tax.clientId}\nperson: { localId: id, name: xm, document: { column: sfzh } }\n`,
    );
    await done('legacy', 'stage', join(folder, 'old.yaml'), join(folder, 'old.csv'));
    await done('legacy', 'plan', 'old-tax');
    await done('legacy', 'apply', 'old-tax');
  });
  afterAll(async () => {
    await yihao?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Signs in at a department, agreeing where asked; what it gets. */
  const go = async (department: Department, identifier: string, password: string) => {
    const client = new HtmlClient(yihao.origin);
    const trip = await visit(client, department, { scope: SCOPE });
    let page = await signIn(client, trip.page, identifier, password, {}, department.origin);
    if (!page.url.href.startsWith(department.origin))
      page = await client.submit(page, {}, { button: 'decision=allow', until: department.origin });
    const answer = answerOf(page, department);
    if (!answer.code) throw new Error(String(answer.error));
    const { userinfo, idToken, tokens } = await finish(yihao.origin, department, answer.code, trip.verifier);
    expect(userinfo.sub).toBe(idToken.sub);
    const ids = (userinfo.legacy_accounts as { id: string }[]).map(({ id }) => id);
    return { client, sub: String(idToken.sub), ids, token: String(tokens.access_token) };
  };
  const refused = async (identifier: string, password: string) => {
    const client = new HtmlClient(yihao.origin);
    const page = await signIn(client, await client.get('/account'), identifier, password);
    expect(page.text).toContain(failure('sign-in-failed'));
  };
  const answers = async (token: string): Promise<number> =>
    (await fetch(`${yihao.origin}/oauth/userinfo`, { headers: { Authorization: `Bearer ${token}` } })).status;
  const ends = async (...visits: { client: HtmlClient; token: string }[]) => {
    const alive = async () => {
      const states = await Promise.all(visits.map(({ token }) => answers(token)));
      const pages = await Promise.all(visits.map(({ client }) => client.get('/account')));
      return states.includes(200) || pages.some(({ url }) => url.pathname === '/account');
    };
    const end = Date.now() + 20_000;
    while (await alive()) {
      if (Date.now() > end) throw new Error('their sessions go on');
      await new Promise((wait) => setTimeout(wait, 200));
    }
  };
  const before = {} as Record<'elderTax' | 'otherTax' | 'otherSchool', Awaited<ReturnType<typeof go>>>;

  test('before: each has an account, and departments that know it', async () => {
    before.elderTax = await go(tax, elder.number, OF_ELDER);
    before.otherTax = await go(tax, other.number, OF_OTHER);
    before.otherSchool = await go(school, 'other.name', OF_OTHER);
    expect([before.elderTax.ids, before.otherTax.ids]).toEqual([['E-1'], ['O-1']]);
  });

  test('a preview says what will be, masked, and does nothing', async () => {
    const said = await runCli(yihao.env, ['legacy', 'merge', other.id, elder.id, '--preview']);
    expect(said, said.err).toMatchObject({ code: 0 });
    expect(said.out).toContain(`${elder.id} survives, because it is older`);
    expect(said.out).toContain(`${school.clientId}: finds the survivor by the sub that it knows`);
    expect(said.out).toContain(`${tax.clientId}: goes on with the survivor’s sub`);
    expect(said.out).toContain('old-tax/O-1');
    for (const secret of [elder.number, other.number, elder.name, other.name, elder.phone, other.phone])
      expect(said.out).not.toContain(secret);
    expect(await answers(before.otherTax.token)).toBe(200);
  });

  test('merged: sessions and tokens of both end, and everybody is told where the other one went', async () => {
    const refusal = await cli('legacy', 'merge', other.id, elder.id);
    expect([refusal.code, refusal.err]).toEqual([2, expect.stringContaining('--reason')]);
    const merged = await done<{ state: string; number: string; survivorId: string }>(
      ...['legacy', 'merge', other.id, elder.id, '--reason', 'one citizen, two documents'],
    );
    expect(merged).toMatchObject({ state: 'done', survivorId: elder.id });
    ({ number } = merged);
    await ends(before.elderTax, before.otherTax, before.otherSchool);
    expect(await done('person', 'show', other.id)).toMatchObject({ state: 'merged', merged_into: elder.id });
    expect(await done('person', 'show', other.number)).toMatchObject({
      id: elder.id,
      answers_for: [other.id],
    });
    const closed = await cli('person', 'reopen', other.id, '--reason', 'x');
    expect(closed.json<{ error: object }>().error).toMatchObject({ code: 'person-state-refused' });
  });

  test('either number signs in with the survivor’s password, and both departments find whom they knew', async () => {
    for (const identifier of [elder.number, other.number, 'other.name']) {
      const atTax = await go(tax, identifier, OF_ELDER);
      expect([atTax.sub, atTax.ids]).toEqual([before.elderTax.sub, ['E-1', 'O-1']]);
      expect((await go(school, identifier, OF_ELDER)).sub).toBe(before.otherSchool.sub);
    }
    const { oidc } = yihao.yihao;
    expect(await oidc.subjects.personOf(tax.clientId, before.otherTax.sub)).toBe(elder.id);
  });

  test('nothing of the other one opens the account: no password with either number, no phone', async () => {
    await refused(elder.number, OF_OTHER);
    await refused(other.number, OF_OTHER);
    await refused('other.name', OF_OTHER);
    const client = new HtmlClient(yihao.origin);
    let page = await client.get((await client.get('/account')).link('/sms'));
    page = await client.submit(page, { phone: other.phone });
    page = await client.submit(page, { code: await codeFor(yihao.yihao.notices, other.phone) });
    expect(page.heading).toBe(say('interactions.no_account.title'));
  });

  test('the other number cannot be registered again', async () => {
    const person = { document: { type: 'citizen-number', number: other.number }, name: other.name };
    const page = await register(yihao.yihao, new HtmlClient(yihao.origin), person);
    expect(page.text).toContain(say('interactions.outcome.duplicate.title'));
  });

  test('taken back: both come in as before, by the subs they had, and neither into the other’s', async () => {
    const [meanwhile, atSchool] = [
      await go(tax, other.number, OF_ELDER),
      await go(school, elder.number, OF_ELDER),
    ];
    await done('legacy', 'unmerge', number, '--reason', 'they are two citizens');
    await ends(meanwhile, atSchool);
    const again = await cli('legacy', 'unmerge', number, '--reason', 'x');
    expect(again.json<{ error: object }>().error).toMatchObject({ code: 'merge-unknown' });
    const elderTax = await go(tax, elder.number, OF_ELDER);
    const otherTax = await go(tax, other.number, OF_OTHER);
    expect([elderTax.sub, elderTax.ids]).toEqual([before.elderTax.sub, ['E-1']]);
    expect([otherTax.sub, otherTax.ids]).toEqual([before.otherTax.sub, ['O-1']]);
    expect((await go(school, 'other.name', OF_OTHER)).sub).toBe(before.otherSchool.sub);
    // The department knew nobody but the other one: the elder is somebody new there.
    expect((await go(school, elder.number, OF_ELDER)).sub).not.toBe(before.otherSchool.sub);
    await refused(other.number, OF_ELDER);
    await refused(elder.number, OF_OTHER);
    const rows = await done<{ state: string; reason: string }[]>('legacy', 'merges');
    expect(rows).toMatchObject([{ number, state: 'undone', undone_reason: 'they are two citizens' }]);
  });
});
