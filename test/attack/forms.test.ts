/** Forms that come twice, late, from elsewhere or in somebody else's name; cookies that were changed on the way. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeFor, enrol, PASSWORD, signIn, someCitizen } from '../journeys/citizen.ts';
import { answerOf, finish, registerDepartment, visit } from '../journeys/department.ts';
import { failure, say } from '../journeys/words.ts';
import { HtmlClient } from '../support/html-client.ts';
import type { RunningYihao } from '../support/server.ts';
import { pageDoors } from './doors.ts';
import { expectClear } from './judge.ts';
import { ask, form } from './raw.ts';
import { type Scene, setScene, stages } from './stages.ts';
import { shareOf, targets } from './targets.ts';

describe.each(targets)('forms and cookies ($name)', (target) => {
  let yihao: RunningYihao;
  let scene: Scene;
  beforeAll(async () => {
    yihao = await target.start();
    scene = await setScene(yihao);
  });
  afterAll(() => yihao.close());

  const jar = (client: HtmlClient): Record<string, string> =>
    Object.fromEntries(client.cookieNames.map((name) => [name, client.cookie(name)!]));
  const asHeader = (cookies: Record<string, string>): string =>
    Object.entries(cookies)
      .map(([name, value]) => `${name}=${value}`)
      .join('; ');

  test('no form passes without its mark, with another browser’s, or from another site', async () => {
    const { client, page, road } = await stages['signing in']!(scene);
    const other = await stages['signing in']!(scene);
    const Cookie = asHeader(jar(client));
    const mark = page.value('_csrf')!;
    const marks = [
      '',
      'x',
      mark.slice(1),
      `${mark}A`,
      `${mark.slice(0, -2)}AA`,
      mark.toLowerCase(),
      other.page.value('_csrf')!,
      '__proto__',
      '%00'.repeat(3),
    ];
    for (const { method, path } of pageDoors(road.split('/')[2])) {
      if (method !== 'POST') continue;
      for (const one of marks) {
        const answer = await ask(
          yihao.origin,
          path,
          form(`identifier=kept&_csrf=${encodeURIComponent(one)}`, { Cookie, 'Accept-Language': 'en' }),
        );
        // Without a session the citizen's own pages lead to sign-in before any form is looked at.
        expect([path, answer.status]).toEqual([path, path.startsWith('/account') ? 303 : 403]);
        if (answer.status === 403) expectClear(`${path}, mark ${one}`, answer, { language: 'en' });
      }
      for (const headers of [
        { 'Sec-Fetch-Site': 'cross-site' },
        { Cookie: asHeader(jar(other.client)) },
        { Cookie: '' },
      ]) {
        const answer = await ask(yihao.origin, path, form(`_csrf=${mark}`, { Cookie, ...headers }));
        expect([path, answer.status < 400 ? answer.headers.location : answer.status]).toEqual([
          path,
          path.startsWith('/account') ? '/account' : expect.toBeOneOf([403, 410]),
        ]);
      }
    }
    expect((await client.get(road)).heading).toBe(page.heading);
  });

  test('an authorization belongs to its browser: its address is of no use in another one', async () => {
    const mine = await stages['registering: phone']!(scene);
    const theirs = await stages['signing in']!(scene);
    for (const { method, path } of pageDoors(mine.road.split('/')[2]).filter(({ path }) =>
      path.startsWith('/interaction'),
    )) {
      const answer =
        method === 'GET'
          ? await theirs.client.get(path)
          : await theirs.client.post(path, `_csrf=${theirs.page.value('_csrf')}&identifier=x`);
      expect([path, answer.status, answer.heading]).toEqual([path, 410, say('interactions.expired.title')]);
    }
    expect((await mine.client.get(mine.road)).heading).toBe(mine.page.heading);
  });

  test('cookies that were changed are no cookies, and nobody is signed in by one', async () => {
    const { client, road } = await stages.consent!(scene);
    const good = jar(client);
    const signed = await ask(yihao.origin, '/account', { headers: { Cookie: asHeader(good) } });
    expect(signed.status).toBe(200);
    const random = randomBytes(32).toString('base64url');
    const spoil: [string, (value: string) => string][] = [
      ['emptied', () => ''],
      ['cut', (value) => value.slice(1)],
      ['lengthened', (value) => `${value}A`],
      ['turned over', (value) => [...value].reverse().join('')],
      ['made up', () => random],
      ['of a prototype', () => '__proto__'],
      ['escaped', (value) => encodeURIComponent(`\0${value}`)],
      ['quoted', (value) => `"${value}`],
      ['long', (value) => value.repeat(100).slice(0, 4_000)],
      ['no text', () => '\xff\xfe'],
    ];
    const names = Object.keys(good).filter((name) => target === targets[0] || name.startsWith('yihao_'));
    for (const name of names)
      for (const [what, change] of name.startsWith('yihao_') ? spoil : shareOf(spoil, 0, target)) {
        const Cookie = asHeader({ ...good, [name]: change(good[name]!) });
        for (const path of [
          '/account',
          '/register/wait',
          road,
          `${road}/sms`,
          '/oauth/logout',
          '/oauth/authorize/nobody',
        ]) {
          const answer = await ask(yihao.origin, path, { headers: { Cookie, 'Accept-Language': 'en' } });
          if (name !== 'lang') expectClear(`${name} ${what} at ${path}`, answer, { language: 'en' });
          if (path === '/account' && /session/.test(name))
            expect([name, what, answer.status]).toEqual([name, what, 303]);
          if (path === road && /interaction/.test(name))
            expect([name, what, answer.status]).toEqual([name, what, 410]);
        }
      }
    const doubled = `yihao_session=${random}; ${asHeader(good)}`;
    expect((await ask(yihao.origin, '/account', { headers: { Cookie: doubled } })).status).toBe(303);
  });

  test('a session that somebody planted is not the one that is signed in (session fixation)', async () => {
    const [thief, victim] = [await enrol(yihao.yihao), await enrol(yihao.yihao)];
    const client = new HtmlClient(yihao.origin);
    await signIn(client, await client.get('/account'), thief.number);
    const planted = asHeader(jar(client));
    const { page } = await visit(client, scene.department, { prompt: 'login' });
    // Another person in the same browser: the earlier session is ended first, by a form that goes on by itself.
    const forward = await signIn(client, page, victim.number);
    const consent = await client.submit(forward);
    await client.submit(consent, {}, { button: 'decision=allow', until: scene.department.origin });
    expect((await client.get('/account')).text).toContain(victim.name);
    for (const path of ['/account', '/account/disclosures', '/account/agreements']) {
      const answer = await ask(yihao.origin, path, { headers: { Cookie: planted } });
      expect([path, answer.status, answer.body.includes(victim.name)]).toEqual([path, 303, false]);
    }
  });

  test('after signing out, the cookies of before are worth nothing', async () => {
    const { client } = await stages.consent!(scene);
    const before = asHeader(jar(client));
    await client.submit(await client.get('/oauth/logout'), {}, { button: 'logout=yes' });
    expect((await ask(yihao.origin, '/account', { headers: { Cookie: before } })).status).toBe(303);
  });

  test('a sign-in pressed twice at once is one sign-in, and both answers lead on', async () => {
    const person = await enrol(yihao.yihao);
    const { client, page } = await stages['signing in']!(scene);
    const [one, two] = await Promise.all([
      signIn(client, page, person.number),
      signIn(client, page, person.number),
    ]);
    for (const each of [one, two]) expect([200, 303, 400, 410]).toContain(each.status);
    expect((await client.get('/account')).text).toContain(person.name);
  });

  test('an agreement pressed twice at once gives one code', async () => {
    const { client, page } = await stages.consent!(scene);
    const press = () => client.submit(page, {}, { button: 'decision=allow', until: scene.department.origin });
    const answers = await Promise.all([press(), press()]);
    const codes = answers.filter(({ url }) => url.searchParams.has('code'));
    expect(codes.length).toBeGreaterThanOrEqual(1);
    for (const each of answers) expect(each.status).toBeLessThan(500);
    const late = await press();
    // The later of the two may have left its answer behind where the first one was just done: 400 then.
    expect([400, 410]).toContain(late.status);
    expect(late.heading).toBe(say('interactions.expired.title'));
  });

  test('a registration pressed five times at once is one account', async () => {
    const { client, page, road } = await stages['registering: password']!(scene);
    const press = () => client.submit(page, { new_password: PASSWORD });
    const answers = await Promise.all(Array.from({ length: 5 }, press));
    // Who comes while the first is still at it sees the step that is due: the last one.
    const due = [say('interactions.opened.title'), say('interactions.register.check.title')];
    for (const each of answers)
      expect([each.status, due]).toEqual([200, expect.arrayContaining([each.heading])]);
    expect((await client.get(road)).heading).toBe(due[0]);
  });

  test('the Back button: old forms of a finished sign-in say that it is over, and an old code is worth nothing', async () => {
    const person = await enrol(yihao.yihao);
    const { client, page, road } = await stages['signing in']!(scene);
    const phonePage = await client.get(`${road}/sms`);
    const codePage = await client.submit(phonePage, { phone: person.phone });
    const code = await codeFor(yihao.yihao.notices, person.phone);
    const consent = await client.submit(codePage, { code });
    const there = await client.submit(
      consent,
      {},
      { button: 'decision=allow', until: scene.department.origin },
    );
    expect(answerOf(there, scene.department).code).toBeTruthy();
    for (const again of [
      await client.submit(codePage, { code }),
      await client.submit(phonePage, { phone: person.phone }),
      await client.submit(page, { identifier: person.number, password: PASSWORD }),
      await client.submit(consent, {}, { button: 'decision=deny' }),
      await client.submit(page, {}, { action: '/abort' }),
    ]) {
      expect([again.status, again.heading]).toEqual([410, say('interactions.expired.title')]);
      expect(again.hasLink(scene.department.origin)).toBe(true);
    }
  });

  test('a code of an authorization is exchanged once, whoever copied the address', async () => {
    const { client, page } = await visited(scene, yihao);
    const { department } = scene;
    const there = await client.submit(page.page, {}, { button: 'decision=allow', until: department.origin });
    const { code } = answerOf(there, department);
    const stranger = await registerDepartment(yihao.yihao.clients);
    expect((await finish(yihao.origin, stranger, code!, page.verifier)).status).toBe(400);
    expect((await finish(yihao.origin, department, code!, 'a'.repeat(43))).status).toBe(400);
    const [one, two] = await Promise.all([
      finish(yihao.origin, department, code!, page.verifier),
      finish(yihao.origin, department, code!, page.verifier),
    ]);
    expect([one.status, two.status].filter((status) => status === 200).length).toBeLessThanOrEqual(1);
  });

  test('what was typed survives a form that has grown old', async () => {
    const { client, page } = await stages['registering: identity']!(scene);
    const person = someCitizen();
    client.forget('form');
    const old = await client.submit(page, {
      document_number: person.document.number,
      name: person.name,
      accept_notice: '1',
    });
    expect([old.status, old.text]).toEqual([403, expect.stringContaining(failure('form-expired'))]);
  });
});

async function visited(scene: Scene, yihao: RunningYihao) {
  const client = new HtmlClient(yihao.origin);
  const person = await enrol(yihao.yihao);
  await signIn(client, await client.get('/account'), person.number);
  return { client, page: await visit(client, scene.department) };
}
