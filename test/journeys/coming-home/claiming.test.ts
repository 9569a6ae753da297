/** A citizen claims an old account at the pages, sees it among their own, and says that another is not theirs. No script runs. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { applySource, undoLink } from '../../../src/legacy/link.ts';
import { planSource } from '../../../src/legacy/plan.ts';
import { stageFile } from '../../../src/legacy/stage.ts';
import { HtmlClient, type HtmlPage } from '../../support/html-client.ts';
import { installations, PATIENT, startYihao } from '../../support/server.ts';
import { codeFor, enrol, signIn, somePhone } from '../citizen.ts';
import { answerOf, type Department, finish, registerDepartment, visit } from '../department.ts';
import { failure, say } from '../words.ts';

const md5 = (text: string) => createHash('md5').update(text).digest('hex');
const OLD = 'lake77';
const LIST = '/account/old-accounts';

describe.each(installations)('claiming an old account ($name)', (installation) => {
  let yihao: Awaited<ReturnType<typeof startYihao>>;
  let folder: string;
  let department: Department;
  let source: string;
  let linkedBefore: Awaited<ReturnType<typeof enrol>>;
  const oldPhone = somePhone();
  const room = () => {
    const { database, accounts, sealer, fingerprinter, clock, audit, registries } = yihao.yihao;
    return {
      ...{ database, accounts, sealer, fingerprinter, clock },
      trail: audit.trail,
      population: registries.population,
    };
  };

  beforeAll(async () => {
    yihao = await startYihao(installation, PATIENT);
    department = await registerDepartment(yihao.yihao.clients, {
      scope: 'openid profile legacy_accounts',
      entitlements: ['legacy_accounts'],
    });
    source = `old-${department.clientId}`;
    linkedBefore = await enrol(yihao.yihao);
    const another = await enrol(yihao.yihao);
    folder = mkdtempSync(join(tmpdir(), 'yihao-claiming-'));
    writeFileSync(
      join(folder, 'old.csv'),
      [
        'id,yhm,xm,sfzh,sjh,mm',
        `700001,gaoyuan2016,,,,${md5(OLD)}`,
        `700002,caoyuan2016,,,${oldPhone},`,
        `700003,xueshan2016,达娃,${another.number},,${md5(OLD)}`,
        `700007,bingchuan2016,,,,${md5(OLD)}`,
        `700004,own2016,${linkedBefore.name},${linkedBefore.number},,`,
      ].join('\n'),
    );
    const declaration = `source: ${source}
title: { zh-CN: 人才服务网（旧）, en: Talent service (old) }
client: ${department.clientId}
person: { localId: id, userName: yhm, name: xm, document: { column: sfzh }, phone: sjh, password: mm }
recipe: md5(p)
`;
    const staged = await stageFile(room(), { declaration, path: join(folder, 'old.csv') });
    if (!staged.ok) throw new Error(staged.failure.code);
    await planSource(room(), source);
    await applySource(room(), source, 'operator:test');
  });
  afterAll(async () => {
    await yihao?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const come = async (number: string): Promise<HtmlClient> => {
    const client = new HtmlClient(yihao.origin);
    await signIn(client, await client.get('/account'), number);
    return client;
  };
  const claimWith = (client: HtmlClient, page: HtmlPage, fields: Record<string, string>) =>
    client.submit(page, { system: source, ...fields }, { action: `${LIST}/claim` });
  /** What the department is told of a person's old accounts. */
  const told = async (number: string): Promise<string[]> => {
    const client = new HtmlClient(yihao.origin);
    const trip = await visit(client, department, { scope: 'openid profile legacy_accounts' });
    let page = await signIn(client, trip.page, number, undefined, {}, department.origin);
    if (!page.url.href.startsWith(department.origin))
      page = await client.submit(page, {}, { button: 'decision=allow', until: department.origin });
    const { code } = answerOf(page, department);
    const { userinfo } = await finish(yihao.origin, department, code!, trip.verifier);
    return (userinfo.legacy_accounts as { id: string }[]).map(({ id }) => id);
  };

  test('by its password: the department finds its old user, and the address never holds what was typed', async () => {
    const person = await enrol(yihao.yihao);
    const client = await come(person.number);
    let page = await client.get('/account');
    page = await client.get(page.link(LIST));
    expect(page.text).toContain(say('profile.old_accounts.empty'));
    page = await client.get(page.link(`${LIST}/claim`));
    expect(page.fields).toEqual(['system', 'old_name', 'old_password']);
    page = await claimWith(client, page, { old_name: 'gaoyuan2016', old_password: 'wrong' });
    expect([page.status, page.value('old_name'), page.value('system')]).toEqual([422, 'gaoyuan2016', source]);
    expect(page.alert).toContain(failure('claim-refused'));
    const unknown = await claimWith(client, page, { old_name: 'nobody2016', old_password: OLD });
    expect([unknown.status, unknown.alert]).toEqual([422, page.alert]);
    page = await claimWith(client, unknown, { old_name: 'gaoyuan2016', old_password: OLD });
    expect(page.url.pathname).toBe(LIST);
    expect(page.text).toContain(say('profile.old_accounts.done.linked.title'));
    expect(page.text).toContain('Talent service (old)');
    expect(page.text).toContain('gao******16');
    expect(page.html).not.toContain('gaoyuan2016');
    expect(client.visited.join(' ')).not.toMatch(/gaoyuan|lake77|700001/);
    expect(await told(person.number)).toEqual(['700001']);
    // The operator takes it back like any other link.
    const undone = await undoLink(
      room(),
      { source, localId: '700001', actor: 'operator:test', reason: 'wrong person' },
      async () => [],
    );
    expect(undone).toMatchObject({ ok: true });
    expect((await client.get(LIST)).text).toContain(say('profile.old_accounts.empty'));
    expect(await told(person.number)).toEqual([]);
  });

  test('by a code to the phone that the old account has, which the page does not show', async () => {
    const person = await enrol(yihao.yihao);
    const client = await come(person.number);
    const form = await client.get(`${LIST}/claim`);
    let page = await client.submit(
      form,
      { system: source, old_name: 'caoyuan2016' },
      { button: say('profile.old_accounts.claim.by_code') },
    );
    expect(page.heading).toBe(say('interactions.code.title'));
    expect(page.html).not.toMatch(new RegExp(`${oldPhone}|${oldPhone.slice(0, 3)}\\*|${oldPhone.slice(-4)}`));
    const others = await come((await enrol(yihao.yihao)).number);
    const same = await others.submit(
      await others.get(`${LIST}/claim`),
      { system: source, old_name: 'nobody2016' },
      { button: say('profile.old_accounts.claim.by_code') },
    );
    expect(same.text.replaceAll('nobody2016', 'caoyuan2016')).toBe(page.text);
    // A language button shows the same page again, and does nothing else.
    const tibetan = await client.submit(page, {}, { action: 'claim', button: 'language=bo' });
    expect([tibetan.language, tibetan.fields.includes('code')]).toEqual(['bo', true]);
    page = await client.submit(tibetan, { code: '12' }, { action: 'claim' });
    expect(page.status).toBe(422);
    const code = await codeFor(yihao.yihao.notices, oldPhone);
    page = await client.submit(page, { code }, { action: 'claim' });
    expect(page.url.pathname).toBe(LIST);
    expect(await told(person.number)).toEqual(['700002']);
  });

  test('what speaks against it goes to the staff; and “not mine” is heard at once', async () => {
    const person = await enrol(yihao.yihao);
    const client = await come(person.number);
    let page = await claimWith(client, await client.get(`${LIST}/claim`), {
      old_name: 'xueshan2016',
      old_password: OLD,
    });
    expect(page.text).toContain(say('profile.old_accounts.done.case.title'));
    expect(page.text).toContain(say('profile.old_accounts.empty'));

    const owner = await come(linkedBefore.number);
    expect(await told(linkedBefore.number)).toEqual(['700004']);
    page = await owner.get(LIST);
    expect(page.text).toContain(say('profile.old_accounts.how.agreed'));
    page = await owner.submit(page, {}, { action: 'not-mine' });
    expect(page.text).toContain(say('profile.old_accounts.done.denied.title'));
    expect(page.text).toContain(say('profile.old_accounts.empty'));
    expect(await told(linkedBefore.number)).toEqual([]);
  });

  test('below the level the page says what is missing; whoever sends the form all the same gets no further', async () => {
    const { number } = await enrol(yihao.yihao, { identity_level: 2 });
    const client = await come(number);
    const page = await client.get(`${LIST}/claim`);
    expect(page.text).toContain(say('profile.old_accounts.claim.level'));
    expect(page.fields).toEqual([]);
    const body = new URLSearchParams({
      _csrf: (await client.get('/account')).value('_csrf')!,
      ...{ system: source, old_name: 'gaoyuan2016', old_password: OLD },
    });
    for (const path of ['claim', 'code'])
      expect((await client.post(`${LIST}/${path}`, body)).text).toContain(
        say('profile.old_accounts.claim.level'),
      );
  });

  test('nothing moves without the form’s mark, without a session, or with fields missing', async () => {
    const { number } = await enrol(yihao.yihao);
    const client = await come(number);
    const fields = { system: source, old_name: 'gaoyuan2016', old_password: OLD };
    for (const path of ['claim', 'code', 'not-mine'])
      expect((await client.post(`${LIST}/${path}`, new URLSearchParams(fields))).status).toBe(403);
    const stranger = new HtmlClient(yihao.origin);
    expect((await stranger.get(`${LIST}/claim`)).url.pathname).toMatch(/^\/interaction\//);
    let page = await client.get(`${LIST}/claim`);
    page = await client.submit(
      page,
      { system: 'nowhere', old_name: ' ', old_password: '' },
      { action: 'claim' },
    );
    expect(page.status).toBe(422);
    for (const code of ['claim-system', 'claim-name-empty', 'claim-password-empty'])
      expect(page.text).toContain(failure(code));
  });

  test('“not mine” with a sign-in of some time ago changes nothing before it is made anew', async () => {
    const person = await enrol(yihao.yihao);
    const client = await come(person.number);
    await claimWith(client, await client.get(`${LIST}/claim`), {
      old_name: 'bingchuan2016',
      old_password: OLD,
    });
    expect(await told(person.number)).toEqual(['700007']);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 11 * 60_000 });
    try {
      let page = await client.submit(await client.get(LIST), {}, { action: 'not-mine' });
      expect(page.url.pathname).toMatch(/^\/interaction\//);
      expect(await told(person.number)).toEqual(['700007']);
      page = await signIn(client, page, person.number);
      expect([page.url.pathname, page.url.search]).toEqual([LIST, '?done=again']);
      expect(page.text).toContain(say('profile.old_accounts.done.again.title'));
      expect(await told(person.number)).toEqual(['700007']);
      page = await client.submit(page, {}, { action: 'not-mine' });
      expect(page.text).toContain(say('profile.old_accounts.done.denied.title'));
      expect(await told(person.number)).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('a sign-in of some time ago is made anew first; who cancels is not asked in circles', async () => {
    const { number } = await enrol(yihao.yihao);
    const client = await come(number);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 11 * 60_000 });
    try {
      expect((await client.get(LIST)).heading).toBe(say('profile.old_accounts.title'));
      let page = await client.get(`${LIST}/claim`);
      expect(page.url.pathname).toMatch(/^\/interaction\//);
      const cancelled = await client.submit(page, {}, { action: 'abort' });
      expect(cancelled.url.pathname).toBe('/account');
      page = await signIn(client, await client.get(`${LIST}/claim`), number);
      expect([page.url.pathname, page.url.search]).toEqual([`${LIST}/claim`, '']);
      expect(page.fields).toContain('old_name');
    } finally {
      vi.useRealTimers();
    }
  });
});
