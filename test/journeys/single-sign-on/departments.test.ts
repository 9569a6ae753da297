/** Two departments, one login: consent and notice, the log of what was given, taking back, signing out. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { HtmlClient } from '../../support/html-client.ts';
import { installations, PATIENT, startYihao } from '../../support/server.ts';
import { codeFor, enrol, PASSWORD, signIn } from '../citizen.ts';
import { answerOf, type Department, finish, registerDepartment, visit } from '../department.ts';
import { failure, say } from '../words.ts';

describe.each(installations)('departments ($name)', (installation) => {
  let yihao: Awaited<ReturnType<typeof startYihao>>;
  let asking: Department;
  let onDuty: Department;
  let client: HtmlClient;
  beforeAll(async () => {
    yihao = await startYihao(installation, PATIENT);
    asking = await registerDepartment(yihao.yihao.clients);
    onDuty = await registerDepartment(yihao.yihao.clients, {
      legal_basis: 'statutory-duty',
      'client_name#en': 'Housing fund (test)',
      scope: 'openid profile',
    });
  });
  afterAll(() => yihao.close());
  beforeEach(() => {
    client = new HtmlClient(yihao.origin);
  });
  const signedIn = async () => {
    const person = await enrol(yihao.yihao);
    const page = await signIn(client, await client.get('/account'), person.number);
    expect(page.url.pathname).toBe('/account');
    return person;
  };

  test('consent names department, purpose and data in plain words, is asked once, and refusing gives nothing', async () => {
    const person = await signedIn();
    const { page } = await visit(client, asking);
    expect(page.heading).toBe(say('interactions.consent.title'));
    for (const word of [
      'Social insurance (test)',
      'to handle your social insurance',
      'Date of birth',
      'Mobile number',
      'any time',
    ]) {
      expect(page.text).toContain(word);
    }
    expect(page.html).not.toContain(person.name);
    const refused = answerOf(
      await client.submit(page, {}, { button: 'decision=deny', until: asking.origin }),
      asking,
    );
    expect(refused).toMatchObject({ error: 'access_denied', code: null });

    const again = await visit(client, asking);
    const agreed = await client.submit(again.page, {}, { button: 'decision=allow', until: asking.origin });
    const answer = answerOf(agreed, asking);
    expect(answer).toMatchObject({ state: again.state, iss: yihao.origin });
    const { userinfo } = await finish(yihao.origin, asking, answer.code!, again.verifier);
    expect(userinfo).toMatchObject({ name: person.name, phone_number: `+86${person.phone}` });
    // Remembered: the next visit passes without a page.
    expect(answerOf((await visit(client, asking)).page, asking).code).toBeTruthy();
  });

  test('a decision that was not made is asked for again', async () => {
    await signedIn();
    const { page } = await visit(client, asking);
    const again = await client.submit(page, { decision: 'perhaps' }, { anyway: true, action: '/consent' });
    expect([again.status, again.alert]).toEqual([422, expect.stringContaining(failure('decision-missing'))]);
    const other = await client.submit(again, {}, { button: 'language=bo' });
    expect([other.status, other.language, other.html.includes('decision')]).toEqual([200, 'bo', true]);
  });

  test('a department on a statutory duty tells and does not ask, once', async () => {
    await signedIn();
    const { page, verifier } = await visit(client, onDuty, { scope: 'openid profile' });
    expect(page.heading).toBe(say('interactions.notice.title'));
    expect(page.text).toContain(say('interactions.notice.basis'));
    expect(page.root.querySelectorAll('button').map((button) => button.text)).not.toContain(
      say('interactions.consent.allow'),
    );
    const answer = answerOf(
      await client.submit(page, {}, { button: 'decision=allow', until: onDuty.origin }),
      onDuty,
    );
    expect((await finish(yihao.origin, onDuty, answer.code!, verifier)).status).toBe(200);
    expect(
      answerOf((await visit(client, onDuty, { scope: 'openid profile' })).page, onDuty).code,
    ).toBeTruthy();
  });

  test('the person sees what was given to whom, and takes an agreement back; the department must ask again', async () => {
    await signedIn();
    const first = await visit(client, asking);
    const answer = answerOf(
      await client.submit(first.page, {}, { button: 'decision=allow', until: asking.origin }),
      asking,
    );
    const { tokens } = await finish(yihao.origin, asking, answer.code!, first.verifier);

    let page = await client.get('/account/disclosures');
    expect(page.text).toContain('Social insurance (test)');
    expect(page.text).toContain(say('profile.basis.consent'));
    expect(page.text).toContain(say('interactions.claims.name'));
    page = await client.get('/account/agreements');
    expect(page.text).toContain('Social insurance (test)');
    page = await client.submit(page, {}, { action: 'revoke' });
    expect(page.alert).toContain(say('profile.agreements.revoked'));
    expect(page.text).toContain(say('profile.agreements.empty'));
    const userinfo = await fetch(`${yihao.origin}/oauth/userinfo`, {
      headers: { Authorization: `Bearer ${tokens.access_token}` },
    });
    expect(userinfo.status).toBe(401);
    expect((await visit(client, asking)).page.heading).toBe(say('interactions.consent.title'));
  });

  test('more than one page of the log is turned without losing or repeating a line', async () => {
    const person = await signedIn();
    const days = 45;
    for (let n = 0; n < days; n += 1) {
      await yihao.yihao.audit.disclosures.record({
        personId: person.id,
        clientId: asking.clientId,
        claims: ['name'],
        via: 'userinfo',
        basis: 'consent',
        at: new Date(Date.UTC(2026, 0, 1 + n, 4)),
      });
    }
    let page = await client.get('/account/disclosures');
    const seen: string[] = [];
    for (;;) {
      seen.push(...page.root.querySelectorAll('tbody tr td:first-child').map((cell) => cell.text));
      if (!page.hasLink('before=')) break;
      page = await client.get(page.link('before='));
    }
    expect(seen).toHaveLength(days);
    expect(new Set(seen).size).toBe(days);
    expect((await client.get('/account/disclosures?before=nonsense')).status).toBe(200);
  });

  test('each place where one is signed in is listed with what it was used for, and one alone is ended', async () => {
    const person = await signedIn();
    const phone = new HtmlClient(yihao.origin);
    let sms = await phone.get((await phone.get('/account')).link('/sms'));
    sms = await phone.submit(sms, { phone: person.phone });
    await phone.submit(sms, { code: await codeFor(yihao.yihao.notices, person.phone) });
    const { page: asked } = await visit(phone, onDuty, { scope: 'openid profile' });
    await phone.submit(asked, {}, { button: 'decision=allow', until: onDuty.origin });

    let page = await client.get((await client.get('/account')).link('/account/sessions'));
    const items = page.root.querySelectorAll('.items > li').map((item) => item.text.replace(/\s+/g, ' '));
    expect(items).toHaveLength(2);
    expect(items[0]).toContain(say('profile.sessions.here'));
    expect(items[0]).toContain(say('profile.sessions.methods.pwd'));
    expect(items[0]).toContain(say('profile.sessions.none'));
    expect(items[1]).toContain(say('profile.sessions.elsewhere'));
    expect(items[1]).toContain(say('profile.sessions.methods.sms'));
    expect(items[1]).toContain('Housing fund (test)');
    expect(items[1]).toContain(say('profile.sessions.last_used'));

    page = await client.submit(page, {}, { button: say('profile.sessions.end_one') });
    expect(page.alert).toContain(say('profile.sessions.ended_one.title'));
    expect(page.root.querySelectorAll('.items > li')).toHaveLength(1);
    expect((await phone.get('/account')).fields).toContain('password');
    expect((await visit(phone, onDuty, { scope: 'openid profile' })).page.fields).toContain('password');
    expect((await client.get('/account/sessions')).status).toBe(200);
  });

  test('nobody ends another person’s session, whatever the form says', async () => {
    await signedIn();
    const other = await enrol(yihao.yihao);
    const [home, office] = [new HtmlClient(yihao.origin), new HtmlClient(yihao.origin)];
    for (const browser of [home, office]) await signIn(browser, await browser.get('/account'), other.number);
    const handle = (await home.get('/account/sessions')).value('session')!;
    expect(handle).toMatch(/^[\w-]{22}$/);
    const page = await client.submit(
      await client.get('/account'),
      { session: handle },
      { action: 'sessions/end', anyway: true },
    );
    expect([page.url.pathname, page.alert]).toEqual(['/account/sessions', undefined]);
    for (const browser of [home, office, client])
      expect((await browser.get('/account')).url.pathname).toBe('/account');
    const gone = await home.submit(await home.get('/account/sessions'), {}, { action: 'sessions/end' });
    expect(gone.alert).toContain(say('profile.sessions.ended_one.title'));
    expect((await office.get('/account')).fields).toContain('password');
  });

  test('signing out everywhere ends the session on every device', async () => {
    const person = await signedIn();
    const phone = new HtmlClient(yihao.origin);
    expect((await signIn(phone, await phone.get('/account'), person.number)).url.pathname).toBe('/account');
    const page = await client.submit(await client.get('/account'), {}, { action: 'sessions/end' });
    expect(page.heading).toBe(say('profile.sessions.ended.title'));
    expect((await client.get('/account')).fields).toContain('password');
    await expect
      .poll(async () => (await phone.get('/account')).fields, { timeout: 30_000 })
      .toContain('password');
  });

  test('signing out at a department asks which, and leads back there', async () => {
    await signedIn();
    const first = await visit(client, asking);
    const answer = answerOf(
      await client.submit(first.page, {}, { button: 'decision=allow', until: asking.origin }),
      asking,
    );
    const { tokens } = await finish(yihao.origin, asking, answer.code!, first.verifier);
    const query = new URLSearchParams({
      id_token_hint: String(tokens.id_token),
      post_logout_redirect_uri: `${asking.origin}/signed-out`,
      state: 'x1',
    });
    const page = await client.get(`/oauth/logout?${query}`);
    expect(page.heading).toBe(say('interactions.logout.title'));
    expect(page.text).toContain(say('interactions.logout.this', { app: 'Social insurance (test)' }));
    const out = await client.submit(page, {}, { button: 'logout=yes', until: asking.origin });
    expect(out.url.href).toBe(`${asking.origin}/signed-out?state=x1`);
    expect((await client.get('/account')).fields).toContain('password');
  });

  test('somebody else signs in at the same browser: the first one is signed out on the way, without a script', async () => {
    await signedIn();
    const other = await enrol(yihao.yihao);
    let { page } = await visit(client, asking, { prompt: 'login' });
    page = await signIn(client, page, other.number, undefined, {}, asking.origin);
    // Where scripts run this form goes on by itself.
    if (page.root.querySelector('#forward'))
      page = await client.submit(page, {}, { action: 'logout', until: asking.origin });
    expect(page.heading).toBe(say('interactions.consent.title'));
    expect((await client.get('/account')).text).toContain(other.name);
  });

  describe('a department that asks for more', () => {
    const AAL2 = 'urn:yihao:acr:1:ial3:aal2';

    test('adds the code to the password, and the session keeps both', async () => {
      const person = await signedIn();
      const { page: first, verifier } = await visit(client, asking, { acr_values: AAL2 });
      expect(first.heading).toBe(say('interactions.step_up.title'));
      expect(first.text).toContain('Social insurance (test)');
      // A stranger has just asked for a code to this phone: the person who is signed in does not wait for that.
      const stranger = new HtmlClient(yihao.origin);
      await stranger.submit(await stranger.get((await stranger.get('/account')).link('/sms')), {
        phone: person.phone,
      });
      let page = await client.submit(first, {}, { action: 'step-up/sms' });
      page = await client.submit(
        page,
        { code: await codeFor(yihao.yihao.notices, person.phone) },
        { until: asking.origin },
      );
      page = await client.submit(page, {}, { button: 'decision=allow', until: asking.origin });
      const { idToken } = await finish(yihao.origin, asking, answerOf(page, asking).code!, verifier);
      expect(idToken).toMatchObject({ acr: AAL2, amr: ['pwd', 'sms', 'mfa'] });
      expect(answerOf((await visit(client, asking, { acr_values: AAL2 })).page, asking).code).toBeTruthy();
    });

    test('adds the password to the code; a wrong one is told', async () => {
      const person = await enrol(yihao.yihao);
      let page = await client.submit(await client.get((await client.get('/account')).link('/sms')), {
        phone: person.phone,
      });
      await client.submit(page, { code: await codeFor(yihao.yihao.notices, person.phone) });
      page = (await visit(client, asking, { acr_values: AAL2 })).page;
      expect(page.fields).toEqual(['password']);
      page = await client.submit(page, { password: 'Wrong-Password-9' });
      expect(page.status).toBe(422);
      page = await client.submit(page, { password: PASSWORD });
      expect(page.heading).toBe(say('interactions.consent.title'));
    });

    test('a level that cannot be reached is explained, and the department is told when the person goes back', async () => {
      await signedIn();
      const { page } = await visit(client, asking, { acr_values: 'urn:yihao:acr:1:ial5:aal1' });
      expect(page.heading).toBe(say('interactions.level.title'));
      expect(page.text).toContain(say('interactions.levels.l5'));
      expect(page.text).toContain('service hall');
      const answer = answerOf(
        await client.submit(page, {}, { action: 'decline', until: asking.origin }),
        asking,
      );
      expect(answer.error).toBe('unmet_authentication_requirements');
    });
  });
});
