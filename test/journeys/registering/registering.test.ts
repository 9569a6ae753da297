/** A citizen registers: the register's four answers, and what becomes of each. No script runs. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { HtmlClient } from '../../support/html-client.ts';
import { installations, PATIENT, startYihao } from '../../support/server.ts';
import { codeFor, PASSWORD, register, signIn, someCitizen, somePhone } from '../citizen.ts';
import { failure, say } from '../words.ts';

/** A comparison that waits is tried again soon, and a register that was down soon asked again. */
const IMPATIENT_QUEUE = {
  YIHAO_REGISTRIES__COMPARISON__QUEUE_PAUSE_SECONDS: '1',
  YIHAO_REGISTRIES__COMPARISON__QUEUE_LONGEST_PAUSE_SECONDS: '2',
  YIHAO_REGISTRIES__POPULATION__BREAK_SECONDS: '1',
};

describe.each(installations)('registering ($name)', (installation) => {
  let yihao: Awaited<ReturnType<typeof startYihao>>;
  let client: HtmlClient;
  beforeAll(async () => {
    yihao = await startYihao(installation, { ...PATIENT, ...IMPATIENT_QUEUE });
  });
  afterAll(() => yihao.close());
  beforeEach(() => {
    client = new HtmlClient(yihao.origin);
    yihao.yihao.registries.standIn!.reset();
  });
  const turn = (switches: object) => yihao.yihao.registries.standIn!.turn(switches);
  const evidence = async (number: string) => {
    const found = await yihao.yihao.accounts.findByDocument({ type: 'citizen-number', number });
    return found && { ...found, evidence: await yihao.yihao.accounts.latestEvidence(found.id) };
  };

  test('the register agrees: the account is open, at level 3, with the evidence kept, and its person is signed in', async () => {
    const person = someCitizen();
    let page = await register(yihao.yihao, client, person);
    expect(page.heading).toBe(say('interactions.opened.title'));
    page = await client.submit(page, {}, { action: '/continue' });
    expect(page.url.pathname).toBe('/account');
    expect(page.text).toContain(person.name);
    expect(page.text).not.toContain(person.document.number);
    expect(await evidence(person.document.number)).toMatchObject({
      state: 'active',
      identityLevel: 3,
      evidence: { outcome: 'match', source: 'population-register' },
    });
  });

  test('the address bar never holds a number, a phone, a name or a ticket', async () => {
    const person = someCitizen();
    const phone = somePhone();
    const page = await register(yihao.yihao, client, person, { phone });
    await client.submit(page, {}, { action: '/continue' });
    const addresses = client.visited.map((address) => decodeURIComponent(address)).join('\n');
    for (const secret of [person.document.number, phone, person.name, PASSWORD])
      expect(addresses).not.toContain(secret);
  });

  test('the name does not fit: says so, keeps what was typed, and a corrected name opens the account at once', async () => {
    const person = someCitizen();
    let page = await register(yihao.yihao, client, { ...person, name: '别名' });
    expect([page.status, page.heading]).toEqual([422, say('interactions.outcome.mismatch.title')]);
    expect(await evidence(person.document.number)).toBeUndefined();
    page = await client.get(page.link('step=identity'));
    expect(page.value('document_number')).toBe(person.document.number);
    expect(page.value('name')).toBe('别名');
    // Phone and password were given before and need not be given again.
    page = await client.submit(page, { name: person.name });
    expect(page.heading).toBe(say('interactions.opened.title'));
  });

  test('the register holds no such number: says so, and that what was typed is kept', async () => {
    const person = someCitizen();
    turn({ unknown: [person.document.number] });
    const page = await register(yihao.yihao, client, person);
    expect([page.status, page.heading]).toEqual([422, say('interactions.outcome.unknown.title')]);
    expect(page.hasLink('step=identity')).toBe(true);
    expect(await evidence(person.document.number)).toBeUndefined();
  });

  test('the register does not answer: the person is told, nothing is lost, and the account opens later with a message', async () => {
    const person = someCitizen();
    const phone = somePhone();
    turn({ down: true });
    let page = await register(yihao.yihao, client, person, { phone });
    expect(page.heading).toBe(say('interactions.wait.waiting.title'));
    expect(page.hasLink('Refresh')).toBe(true);
    expect(await evidence(person.document.number)).toBeUndefined();
    // The same in this browser without the authorization, and nothing in another.
    expect((await client.get('/register/wait')).heading).toBe(say('interactions.wait.waiting.title'));
    expect((await new HtmlClient(yihao.origin).get('/register/wait')).heading).toBe(
      'No registration is waiting on this device',
    );

    turn({ down: false });
    await expect
      .poll(async () => (await client.get('/register/wait')).heading, { timeout: 60_000, interval: 500 })
      .toBe('Your details match: your account is open');
    expect(await evidence(person.document.number)).toMatchObject({
      identityLevel: 3,
      evidence: { outcome: 'match' },
    });
    await expect
      .poll(
        async () => (await yihao.yihao.notices.listTrialMessages!(200)).map(({ text }) => text).join('\n'),
        { timeout: 30_000 },
      )
      .toContain('Your registration is complete');
    page = await client.get(page.url.pathname);
    page = await signIn(client, await client.get(page.link('/password')), person.document.number);
    expect(page.url.pathname).toBe('/account');
  }, 180_000);

  test('the register knows the holder as deceased: refused kindly, with the way to the hall', async () => {
    const person = someCitizen();
    turn({ deceased: [person.document.number] });
    const page = await register(yihao.yihao, client, person);
    expect([page.status, page.heading]).toEqual([422, say('interactions.outcome.deceased.title')]);
    expect(page.text).toContain('service hall');
    expect(await evidence(person.document.number)).toBeUndefined();
  });

  test('who has an account learns it only after proving phone and number, and is led to sign in', async () => {
    const person = someCitizen();
    await register(yihao.yihao, client, person);
    const again = new HtmlClient(yihao.origin);
    // A stranger with the number alone is not told: the register says mismatch first.
    const stranger = await register(yihao.yihao, again, { ...person, name: '路人' });
    expect(stranger.heading).toBe(say('interactions.outcome.mismatch.title'));
    const other = new HtmlClient(yihao.origin);
    const page = await register(yihao.yihao, other, person);
    expect([page.status, page.heading]).toEqual([409, say('interactions.outcome.duplicate.title')]);
    const signedIn = await signIn(other, await other.get(page.link('/password')), person.document.number);
    expect(signedIn.url.pathname).toBe('/account');
  });

  test('fifty register one number at once: one account, forty-nine clear answers', async () => {
    const person = someCitizen();
    const visitors = Array.from({ length: 50 }, () => new HtmlClient(yihao.origin));
    // Everybody stands before the last button, then all press it.
    const ready = [];
    for (const visitor of visitors) {
      const phone = somePhone();
      let page = await visitor.get('/register');
      page = await visitor.submit(page, {
        document_type: 'citizen-number',
        document_number: person.document.number,
        name: person.name,
        accept_notice: '1',
      });
      page = await visitor.submit(page, { phone });
      ready.push({
        visitor,
        page: await visitor.submit(page, { code: await codeFor(yihao.yihao.notices, phone) }),
      });
    }
    const answers = await Promise.all(
      ready.map(({ visitor, page }) => visitor.submit(page, { new_password: PASSWORD })),
    );
    const headings = answers.map(({ heading }) => heading);
    expect(headings.filter((heading) => heading === say('interactions.opened.title'))).toHaveLength(1);
    expect(
      headings.filter((heading) => heading === say('interactions.outcome.duplicate.title')),
    ).toHaveLength(49);
  }, 240_000);
});

describe('the forms of a registration', () => {
  let yihao: Awaited<ReturnType<typeof startYihao>>;
  let client: HtmlClient;
  beforeAll(async () => {
    yihao = await startYihao(undefined, PATIENT);
  });
  afterAll(() => yihao.close());
  beforeEach(() => {
    client = new HtmlClient(yihao.origin);
  });

  test('every fault of the first form is told at once, and nothing typed is lost', async () => {
    let page = await client.get('/register');
    page = await client.submit(page, {
      document_number: '540199190001010010',
      name: '卓玛1',
      tibetan_name: 'སྒྲོལ་མ',
    });
    expect(page.status).toBe(422);
    expect(page.alert).toContain(failure('document-check-digit'));
    expect(page.root.querySelectorAll('[aria-invalid]').map((field) => field.getAttribute('name'))).toEqual([
      'document_number',
      'name',
      'accept_notice',
    ]);
    expect([page.value('document_number'), page.value('name'), page.value('tibetan_name')]).toEqual([
      '540199190001010010',
      '卓玛1',
      'སྒྲོལ་མ',
    ]);
  });

  test('switching the language on the way keeps every field, acts on none, and goes on in the new language', async () => {
    const person = someCitizen();
    let page = await client.get('/register');
    page = await client.submit(
      page,
      { document_number: person.document.number, name: person.name },
      { button: 'language=bo' },
    );
    expect(page.language).toBe('bo');
    expect([page.status, page.value('document_number'), page.value('name')]).toEqual([
      200,
      person.document.number,
      person.name,
    ]);
    page = await client.submit(page, { accept_notice: '1' });
    expect([page.language, page.fields]).toEqual(['bo', ['phone']]);
    const phone = somePhone();
    page = await client.submit(page, { phone }, { button: 'language=zh-CN' });
    expect([page.language, page.value('phone')]).toEqual(['zh-CN', phone]);
    // Nothing was sent while switching.
    await expect(codeFor(yihao.yihao.notices, phone)).rejects.toThrow('no code');
    page = await client.submit(page, { phone });
    page = await client.submit(page, { code: '000000' }, { button: 'elder=on' });
    expect(page.root.querySelector('html.elder')).not.toBeNull();
    page = await client.submit(page, { code: await codeFor(yihao.yihao.notices, phone) });
    page = await client.submit(page, { new_password: PASSWORD }, { button: 'language=en' });
    expect(page.language).toBe('en');
    expect(page.html).not.toContain(PASSWORD);
  });

  test('a wrong code is told with the tries left; a used one cannot be used again', async () => {
    const person = someCitizen();
    const phone = somePhone();
    let page = await client.get('/register');
    page = await client.submit(page, {
      document_number: person.document.number,
      name: person.name,
      accept_notice: '1',
    });
    page = await client.submit(page, { phone });
    const code = await codeFor(yihao.yihao.notices, phone);
    const wrong = await client.submit(page, { code: code === '123456' ? '123457' : '123456' });
    expect([wrong.status, wrong.alert]).toEqual([
      422,
      expect.stringContaining(say('failures.sms-code-wrong.title', { left: 4 })),
    ]);
    const right = await client.submit(wrong, { code });
    expect(right.fields).toEqual(['new_password']);
    const again = await client.submit(wrong, { code });
    expect(again.fields).toEqual(['new_password']);
  });

  test('a weak password, or one with one’s own data in it, is refused with the reason', async () => {
    const person = someCitizen();
    const phone = somePhone();
    const weak = await register(yihao.yihao, client, person, { phone, password: 'short' });
    expect([weak.status, weak.alert]).toEqual([
      422,
      expect.stringContaining(say('failures.password-short.title', { least: 8 })),
    ]);
    const own = await client.submit(weak, { new_password: `Aa-${phone}` });
    expect(own.alert).toContain(failure('password-own-phone'));
    expect((await client.submit(own, { new_password: PASSWORD })).heading).toBe(
      say('interactions.opened.title'),
    );
  });

  test('pressing the last button twice at once opens one account and leads to it, not to “you have one already”', async () => {
    const person = someCitizen();
    const phone = somePhone();
    let page = await client.get('/register');
    page = await client.submit(page, {
      document_number: person.document.number,
      name: person.name,
      accept_notice: '1',
    });
    page = await client.submit(page, { phone });
    page = await client.submit(page, { code: await codeFor(yihao.yihao.notices, phone) });
    await Promise.all([
      client.submit(page, { new_password: PASSWORD }),
      client.submit(page, { new_password: PASSWORD }),
    ]);
    const due = await client.get(page.url.pathname.replace('/register', ''));
    expect(due.heading).toBe(say('interactions.opened.title'));
  });

  test('pressing it twice while the register does not answer waits once, and one message comes', async () => {
    yihao.yihao.registries.standIn!.turn({ down: true });
    const person = someCitizen();
    const phone = somePhone();
    const before = (await yihao.yihao.accounts.pending.waiting(100)).length;
    let page = await client.get('/register');
    page = await client.submit(page, {
      document_number: person.document.number,
      name: person.name,
      accept_notice: '1',
    });
    page = await client.submit(page, { phone });
    page = await client.submit(page, { code: await codeFor(yihao.yihao.notices, phone) });
    await Promise.all([
      client.submit(page, { new_password: PASSWORD }),
      client.submit(page, { new_password: PASSWORD }),
    ]);
    const due = await client.get(page.url.pathname.replace('/register', ''));
    expect(due.heading).toBe(say('interactions.wait.waiting.title'));
    expect((await yihao.yihao.accounts.pending.waiting(100)).length).toBe(before + 1);
    yihao.yihao.registries.standIn!.reset();
  });

  test('a child under fourteen is sent to the hall with a guardian', async () => {
    const today = new Date();
    const birth = `${today.getUTCFullYear() - 10}0101`;
    const body = `540199${birth}100`;
    const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const check = '10X98765432'[
      [...body].reduce((sum, digit, at) => sum + Number(digit) * weights[at]!, 0) % 11
    ];
    let page = await client.get('/register');
    page = await client.submit(page, { document_number: body + check, name: '次仁', accept_notice: '1' });
    expect(page.heading).toBe(say('interactions.outcome.child.title'));
    expect(page.text).toContain('service hall');
  });

  test('forms sent out of order, or again, lead back to the step that is due', async () => {
    const page = await client.get('/register');
    const road = page.url.pathname;
    const csrf = page.value('_csrf')!;
    for (const step of ['phone', 'code', 'password', 'submit']) {
      const answer = await client.post(
        `${road}/register/${step}`,
        new URLSearchParams({ _csrf: csrf, phone: '13800000000', code: '1', new_password: 'x' }),
      );
      expect([step, answer.status, answer.fields.includes('document_number')]).toEqual([step, 200, true]);
    }
    const continued = await client.post(`${road}/continue`, new URLSearchParams({ _csrf: csrf }));
    expect(continued.fields).toContain('password');
  });
});
