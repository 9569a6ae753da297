/** A citizen signs in, by every way there is, and strangers learn nothing. No script runs. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { HtmlClient } from '../../support/html-client.ts';
import { installations, PATIENT, startYihao } from '../../support/server.ts';
import { codeFor, enrol, PASSWORD, signIn, somePhone } from '../citizen.ts';
import { answerOf, type Department, finish, registerDepartment, visit } from '../department.ts';
import { failure, say } from '../words.ts';

/** The wait for another code lasts longer than any of these tests. */
const LONG_WAITS = { YIHAO_CREDENTIALS__SMS__RESEND_SECONDS: '600' };
const SLOW_REGISTER_MS = 8_000;

/** Four characters that this number does not end with; each n gives others. */
const wrongFour = (number: string, n = 0): string =>
  `${n}${String((Number(number.slice(-3, -1)) + 1) % 100).padStart(2, '0')}${number.slice(-1)}`;

describe.each(installations)('signing in ($name)', (installation) => {
  let yihao: Awaited<ReturnType<typeof startYihao>>;
  let department: Department;
  let client: HtmlClient;
  beforeAll(async () => {
    yihao = await startYihao(installation, { ...PATIENT, ...LONG_WAITS });
    department = await registerDepartment(yihao.yihao.clients);
  });
  afterAll(() => yihao.close());
  beforeEach(() => {
    client = new HtmlClient(yihao.origin);
  });

  /** Signs in at the account's own pages. */
  const atAccount = async (identifier: string, password = PASSWORD, more: Record<string, string> = {}) =>
    signIn(client, await client.get('/account'), identifier, password, more);

  test.each(['number', 'number in lower case and full width', 'phone', 'user name'])(
    'by %s and password',
    async (way) => {
      const person = await enrol(yihao.yihao, { user_name: `drolma.${way.length}` });
      const { userName } = (await yihao.yihao.accounts.get(person.id as never))!;
      const typed = {
        number: person.number,
        'number in lower case and full width': person.number
          .toLowerCase()
          .replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit))),
        phone: `+86 ${person.phone}`,
        'user name': userName!.toUpperCase(),
      }[way]!;
      const page = await atAccount(typed);
      expect(page.url.pathname).toBe('/account');
      expect(page.text).toContain(person.name);
    },
  );

  test('by another document, whose kind was chosen', async () => {
    await enrol(yihao.yihao, { document_type: 'prc-passport', document_number: 'E00000010', name: '王芳' });
    const page = await atAccount('e00000010', PASSWORD, { document_type: 'prc-passport' });
    expect(page.url.pathname).toBe('/account');
    expect(page.text).toContain(say('interactions.documents.prc-passport'));
  });

  test('an unknown number, a wrong password and an account without a password get one and the same answer', async () => {
    const person = await enrol(yihao.yihao);
    const bare = await enrol(yihao.yihao, { password: undefined });
    const unknown = '540199190001010028';
    const answers = [];
    for (const [identifier, password] of [
      [unknown, PASSWORD],
      [person.number, 'Wrong-Password-1'],
      [bare.number, PASSWORD],
      ['nobody.here', PASSWORD],
      [somePhone(), PASSWORD],
    ] as const) {
      const fresh = new HtmlClient(yihao.origin);
      const page = await signIn(fresh, await fresh.get('/account'), identifier, password);
      expect(page.value('identifier')).toBe(identifier);
      answers.push([page.status, page.alert, page.fields, page.headers.get('retry-after')]);
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toEqual([
      422,
      expect.stringContaining(failure('sign-in-failed')),
      ['identifier', 'password', 'document_type'],
      null,
    ]);
  });

  test('what cannot be a number is told at its field, without a look at any account', async () => {
    for (const [typed, said] of [
      ['540199000101001', failure('identifier-fifteen')],
      ['540199190001010010', failure('document-check-digit')],
      ['', failure('identifier-empty')],
    ] as const) {
      const page = await atAccount(typed);
      expect([page.status, page.alert]).toEqual([422, expect.stringContaining(said)]);
      expect(page.root.querySelector('[name=identifier]')?.getAttribute('aria-invalid')).toBe('true');
    }
    expect((await atAccount('540199190001010028', '')).alert).toContain(failure('password-empty'));
  });

  test('after five wrong tries one waits, told how long, known or unknown; the code by SMS still works', async () => {
    const person = await enrol(yihao.yihao);
    for (const identifier of [person.number, '54259919000228004X']) {
      const stranger = new HtmlClient(yihao.origin);
      let page = await stranger.get('/account');
      for (let n = 0; n < 5; n += 1) page = await signIn(stranger, page, identifier, `Wrong-Password-${n}`);
      expect(page.status).toBe(422);
      page = await signIn(stranger, page, identifier, PASSWORD);
      expect([page.status, page.alert]).toEqual([429, expect.stringMatching(/\d+ min/)]);
      expect(Number(page.headers.get('retry-after'))).toBeGreaterThan(60);
    }
    let page = await client.get((await client.get('/account')).link('/sms'));
    page = await client.submit(page, { phone: person.phone });
    page = await client.submit(page, { code: await codeFor(yihao.yihao.notices, person.phone) });
    expect(page.url.pathname).toBe('/account');
  });

  test('a stranger who asks for a code to somebody’s phone does not make them wait in a browser they know', async () => {
    const phone = somePhone();
    await enrol(yihao.yihao, { phone });
    const person = await enrol(yihao.yihao, { phone });
    await atAccount(person.number);
    client.forget('yihao_session');
    const ask = async (browser: HtmlClient) =>
      browser.submit(await browser.get((await browser.get('/account')).link('/sms')), { phone });
    const [stranger, another] = [new HtmlClient(yihao.origin), new HtmlClient(yihao.origin)];
    expect((await ask(stranger)).fields).toEqual(['code']);
    expect((await ask(another)).status).toBe(429);
    const page = await ask(client);
    expect([page.status, page.fields]).toEqual([200, ['code']]);
    // A browser that knows somebody else is a stranger here.
    await signIn(another, await another.get('/account'), (await enrol(yihao.yihao)).number);
    another.forget('yihao_session');
    expect((await ask(another)).status).toBe(429);
  });

  test('by phone and code; the session says so', async () => {
    const person = await enrol(yihao.yihao);
    const { page: first, verifier } = await visit(client, department);
    let page = await client.get(first.link('/sms'));
    page = await client.submit(page, { phone: person.phone });
    expect(page.text).toContain(`${person.phone.slice(0, 3)}****${person.phone.slice(-4)}`);
    page = await client.submit(
      page,
      { code: await codeFor(yihao.yihao.notices, person.phone) },
      { until: department.origin },
    );
    page = await client.submit(page, {}, { button: 'decision=allow', until: department.origin });
    const { idToken } = await finish(yihao.origin, department, answerOf(page, department).code!, verifier);
    expect(idToken).toMatchObject({ acr: 'urn:yihao:acr:1:ial3:aal1', amr: ['sms'] });
  });

  test('a phone that nobody uses: learned after proving it, with the way to register', async () => {
    const phone = somePhone();
    let page = await client.get((await client.get('/account')).link('/sms'));
    page = await client.submit(page, { phone });
    expect(page.fields).toEqual(['code']);
    page = await client.submit(page, { code: await codeFor(yihao.yihao.notices, phone) });
    expect(page.heading).toBe(say('interactions.no_account.title'));
    expect((await client.get(page.link('/register'))).fields).toContain('document_number');
  });

  describe('a phone that a family shares', () => {
    const atChoice = async () => {
      const phone = somePhone();
      const family = [
        await enrol(yihao.yihao, { phone }),
        await enrol(yihao.yihao, { phone, password: 'Another-Yak-42-moon' }),
      ];
      let page = await client.get((await client.get('/account')).link('/sms'));
      page = await client.submit(page, { phone });
      page = await client.submit(page, { code: await codeFor(yihao.yihao.notices, phone) });
      const labels = page.root.querySelectorAll('.choice').map((choice) => choice.text);
      // By their last name character and the ends of the number, as they are shown.
      const second =
        labels.findIndex(
          (label) =>
            label.includes(family[1]!.number.at(-1)!) && label.includes([...family[1]!.name].at(-1)!),
        ) + 1;
      return { phone, family, page, second };
    };

    test('shows masked accounts, and no number, name or id of ours', async () => {
      const { page, family } = await atChoice();
      expect(page.heading).toBe(say('interactions.choose.title'));
      expect(page.root.querySelectorAll('input[name=account]')).toHaveLength(2);
      for (const { number, name, id } of family) {
        for (const secret of [number, name, id]) expect(page.html).not.toContain(secret);
        // Four characters can stand by chance in a form's token.
        expect(page.text).not.toContain(number.slice(-4));
      }
    });

    test('the last four characters of the number are a second fact', async () => {
      const { page, family, second } = await atChoice();
      const wrong = await client.submit(page, {
        account: String(second),
        last_four: wrongFour(family[1]!.number),
      });
      expect([wrong.status, wrong.alert]).toEqual([422, expect.stringContaining(failure('last-four-wrong'))]);
      const right = await client.submit(wrong, {
        account: String(second),
        last_four: family[1]!.number.slice(-4).toLowerCase(),
      });
      expect(right.url.pathname).toBe('/account');
      expect(right.text).toContain(family[1]!.name);
    });

    test('so is the password, and then the sign-in is worth two factors', async () => {
      const { page, family, second } = await atChoice();
      const right = await client.submit(page, { account: String(second), password: 'Another-Yak-42-moon' });
      expect(right.text).toContain(family[1]!.name);
      const { page: answer, verifier } = await visit(client, department);
      const agreed = await client.submit(answer, {}, { button: 'decision=allow', until: department.origin });
      const { idToken } = await finish(
        yihao.origin,
        department,
        answerOf(agreed, department).code!,
        verifier,
      );
      expect(idToken).toMatchObject({ acr: 'urn:yihao:acr:1:ial3:aal2' });
      expect(idToken.amr).toEqual(['sms', 'pwd', 'mfa']);
    });

    test('another person’s facts do not open the chosen account, and choosing nothing is told', async () => {
      const { page, family, second } = await atChoice();
      const others = await client.submit(page, { account: String(second), password: PASSWORD });
      expect(others.status).toBe(422);
      expect((await client.submit(page, { last_four: family[0]!.number.slice(-4) })).alert).toContain(
        say('interactions.choose.title'),
      );
      expect((await client.submit(page, { account: '7', last_four: '1234' })).alert).toContain(
        say('interactions.choose.title'),
      );
      expect((await client.submit(page, { account: String(second) })).alert).toContain(
        failure('fact-missing'),
      );
    });

    test('five wrong guesses of four characters a day, and no more', async () => {
      const { page, family, second } = await atChoice();
      let answer = page;
      for (let n = 0; n < 5; n += 1)
        answer = await client.submit(answer, {
          account: String(second),
          last_four: wrongFour(family[1]!.number, n),
        });
      answer = await client.submit(answer, {
        account: String(second),
        last_four: family[1]!.number.slice(-4),
      });
      expect([answer.status, answer.alert]).toEqual([
        429,
        expect.stringContaining(failure('last-four-wait')),
      ]);
    });

    test('by phone and password nobody is signed in, and nothing says why', async () => {
      const { phone } = await atChoice();
      const fresh = new HtmlClient(yihao.origin);
      const page = await signIn(fresh, await fresh.get('/account'), phone);
      expect([page.status, page.alert]).toEqual([422, expect.stringContaining(failure('sign-in-failed'))]);
      expect(page.text).toContain(say('interactions.login.identifier.hint'));
    });
  });

  describe('a phone that nobody has proven to hold for long', () => {
    /** As if the phone had last been proven so many days ago. */
    const silentFor = (id: string, days: number) =>
      yihao.yihao.database.query(
        `UPDATE person SET phone_verified_at = now() - $2 * interval '1 day' WHERE id = $1`,
        [id, days],
      );
    /** By code, as nobody; the second code to a number within a minute must come from a browser that is known. */
    const byCode = async (phone: string) => {
      client.forget('yihao_session');
      let page = await client.get((await client.get('/account')).link('/sms'));
      page = await client.submit(page, { phone });
      return client.submit(page, { code: await codeFor(yihao.yihao.notices, phone) });
    };

    test('does not open the account by a code alone, and its new holder learns neither name nor number', async () => {
      const person = await enrol(yihao.yihao);
      await silentFor(person.id, 181);
      const page = await byCode(person.phone);
      expect(page.heading).toBe(say('interactions.choose.silent.title'));
      for (const secret of [person.number, person.name, person.id]) expect(page.html).not.toContain(secret);
      const wrong = await client.submit(page, { last_four: wrongFour(person.number) });
      expect([wrong.status, wrong.alert]).toEqual([422, expect.stringContaining(failure('last-four-wrong'))]);
      expect(client.cookieNames).not.toContain('yihao_session');
      expect((await client.get(page.link('/register'))).fields).toContain('document_number');
    });

    test.each(['last_four', 'password'])(
      'opens it with the %s, and from then on by a code alone',
      async (fact) => {
        const person = await enrol(yihao.yihao);
        await silentFor(person.id, 400);
        const page = await byCode(person.phone);
        const right = await client.submit(page, {
          [fact]: fact === 'password' ? PASSWORD : person.number.slice(-4),
        });
        expect([right.url.pathname, right.text]).toEqual(['/account', expect.stringContaining(person.name)]);
        expect((await byCode(person.phone)).url.pathname).toBe('/account');
      },
    );

    test('is not silent while it is used: a code alone suffices and begins the time anew', async () => {
      const person = await enrol(yihao.yihao);
      await silentFor(person.id, 179);
      expect((await byCode(person.phone)).url.pathname).toBe('/account');
      const { phoneVerifiedAt } = (await yihao.yihao.accounts.get(person.id as never))!;
      expect(Date.now() - phoneVerifiedAt!.getTime()).toBeLessThan(3_600_000);
    });

    test('is proven by a second factor, too', async () => {
      const person = await enrol(yihao.yihao);
      await silentFor(person.id, 400);
      await atAccount(person.number);
      const { page } = await visit(client, department, { acr_values: 'urn:yihao:acr:1:ial3:aal2' });
      const sent = await client.submit(page, {}, { action: 'step-up/sms' });
      await client.submit(
        sent,
        { code: await codeFor(yihao.yihao.notices, person.phone) },
        { until: department.origin },
      );
      client = new HtmlClient(yihao.origin);
      expect((await byCode(person.phone)).url.pathname).toBe('/account');
    });

    test('that was never proven at all is silent', async () => {
      const person = await enrol(yihao.yihao);
      await yihao.yihao.database.query('UPDATE person SET phone_verified_at = NULL WHERE id = $1', [
        person.id,
      ]);
      expect((await byCode(person.phone)).heading).toBe(say('interactions.choose.silent.title'));
    });
  });

  test('a frozen person is told so after the right password only', async () => {
    const person = await enrol(yihao.yihao);
    await yihao.yihao.accounts.changeState(person.id as never, 'frozen', { actor: 'system', reason: 'test' });
    expect((await atAccount(person.number, 'Wrong-Password-1')).alert).toContain(failure('sign-in-failed'));
    const right = await atAccount(person.number);
    expect([right.status, right.alert]).toEqual([403, expect.stringContaining(failure('account-frozen'))]);
    expect(client.cookieNames).not.toContain('yihao_session');
  });

  test('a password that an operator chose is changed before the first sign-in goes on', async () => {
    const person = await enrol(yihao.yihao, { must_change: true });
    let page = await atAccount(person.number);
    expect(page.fields).toEqual(['new_password']);
    page = await client.submit(page, { new_password: `${person.name}-1A-xyz` });
    expect(page.alert).toContain(failure('password-own-name'));
    page = await client.submit(page, { new_password: 'Chosen-By-Me-2026' });
    expect(page.url.pathname).toBe('/account');
    const fresh = new HtmlClient(yihao.origin);
    expect((await signIn(fresh, await fresh.get('/account'), person.number)).status).toBe(422);
    expect(
      (await signIn(fresh, await fresh.get('/account'), person.number, 'Chosen-By-Me-2026')).url.pathname,
    ).toBe('/account');
  });

  test('login_hint stands in the form, and nowhere in an address of ours', async () => {
    const person = await enrol(yihao.yihao);
    const { page } = await visit(client, department, { login_hint: person.number });
    expect(page.value('identifier')).toBe(person.number);
    expect(page.url.href).not.toContain(person.number);
    const byPhone = await visit(new HtmlClient(yihao.origin), department, { login_hint: person.phone });
    expect(byPhone.page.value('identifier')).toBe(person.phone);
  });

  test('the evidence has grown old: the register is asked again behind the sign-in, which does not wait for it', async () => {
    const person = await enrol(yihao.yihao);
    const { accounts, registries } = yihao.yihao;
    registries.standIn!.turn({ slow: SLOW_REGISTER_MS, deceased: [person.number] });
    const page = await atAccount(person.number);
    const arrived = Date.now();
    expect(page.url.pathname).toBe('/account');
    await expect
      .poll(() => accounts.latestEvidence(person.id as never), { timeout: 60_000, interval: 300 })
      .toMatchObject({ outcome: 'match' });
    expect((await accounts.latestEvidence(person.id as never))!.at.getTime()).toBeGreaterThan(arrived);
    expect((await accounts.get(person.id as never))!.state).toBe('deceased');
    yihao.yihao.registries.standIn!.reset();
    // The session ends with the person, within seconds.
    await expect
      .poll(async () => (await client.get('/account')).fields, { timeout: 30_000 })
      .toContain('password');
  }, 180_000);
});
