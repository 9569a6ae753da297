/** What a stranger may find out by asking: nothing. The same words, headers, cookies and work for everybody. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PersonId } from '../../src/accounts/person.ts';
import { enrol, PASSWORD, someCitizen, somePhone } from '../journeys/citizen.ts';
import type { HtmlPage } from '../support/html-client.ts';
import type { RunningYihao } from '../support/server.ts';
import { ask } from './raw.ts';
import { type Scene, setScene, stages } from './stages.ts';
import { targets } from './targets.ts';

/** Enough of each kind that one slow attempt does not decide. */
const EACH = 6;
const WRONG = 'Never-The-Password-42';

describe.each(targets)('known, unknown and locked people ($name)', (target) => {
  let yihao: RunningYihao;
  let scene: Scene;
  beforeAll(async () => {
    yihao = await target.start();
    scene = await setScene(yihao);
  });
  afterAll(() => yihao.close());

  type Kind = () => Promise<{ number: string; phone: string }>;
  const inState =
    (state: 'frozen' | 'closed' | 'deceased'): Kind =>
    async () => {
      const person = await enrol(yihao.yihao);
      const by = { actor: 'operator:1', reason: 'test' };
      const changed = await yihao.yihao.accounts.changeState(person.id as PersonId, state, by);
      if (!changed.ok) throw new Error(changed.failure.code);
      return person;
    };
  const kinds: Record<string, Kind> = {
    unknown: async () => ({ number: someCitizen().document.number, phone: somePhone() }),
    known: () => enrol(yihao.yihao),
    'without a password': () => enrol(yihao.yihao, { password: undefined }),
    'with a password to be changed': () => enrol(yihao.yihao, { must_change: true }),
    frozen: inState('frozen'),
    closed: inState('closed'),
    deceased: inState('deceased'),
  };

  /** What is left when the ids of this request, and what was typed, are taken out. */
  const seen = (page: HtmlPage, typed: string[]) => {
    let text = page.html
      .replace(/name="_csrf" value="[^"]*"/g, '')
      .replaceAll(page.url.pathname.split('/')[2]!, 'uid');
    for (const [at, each] of typed.entries()) text = text.replaceAll(each, `typed ${at}`);
    const headers = [...page.headers].filter(
      ([name]) => !/^(x-request-id|date|content-length|set-cookie)$/.test(name),
    );
    const cookies = page.headers.getSetCookie().map((cookie) => cookie.replace(/=[^;]*/, ''));
    return {
      status: page.status,
      path: page.url.pathname.split('/').slice(3),
      text: text.replaceAll(page.headers.get('x-request-id') ?? '-', 'id'),
      headers,
      cookies,
    };
  };
  const masked = (phone: string) => `${phone.slice(0, 3)}****${phone.slice(-4)}`;

  const ways: Record<
    string,
    (person: { number: string; phone: string }) => Promise<ReturnType<typeof seen>>
  > = {
    'a wrong password to a number': async ({ number }) => {
      const { client, page } = await stages['signing in']!(scene);
      return seen(await client.submit(page, { identifier: number, password: WRONG }), [number]);
    },
    'a wrong password to a phone': async ({ phone }) => {
      const { client, page } = await stages['signing in']!(scene);
      return seen(await client.submit(page, { identifier: phone, password: WRONG }), [phone]);
    },
    'a code asked for, and a wrong one entered': async ({ phone }) => {
      const { client, road } = await stages['signing in']!(scene);
      const sent = await client.submit(await client.get(`${road}/sms`), { phone });
      const wrong = await client.submit(sent, { code: '000000' });
      const hidden = [phone, masked(phone)];
      const [one, two] = [seen(sent, hidden), seen(wrong, hidden)];
      // The seconds left run between two such pages.
      return {
        ...two,
        text: `${one.status} ${one.text} ${two.text}`.replace(/\b\d{1,3} (s|seconds?|min)\b/g, 'n'),
      };
    },
    'a code asked for while registering': async ({ phone }) => {
      const { client, page } = await stages['registering: phone']!(scene);
      const sent = seen(await client.submit(page, { phone }), [phone, masked(phone)]);
      return { ...sent, text: sent.text.replace(/\b\d{1,3} (s|seconds?|min)\b/g, 'n') };
    },
  };

  test.each(Object.keys(ways))('%s: the same answer', async (way) => {
    const unknown = await ways[way]!(await kinds.unknown!());
    expect(unknown.status).toBeLessThan(500);
    for (const [kind, make] of Object.entries(kinds)) {
      const answer = await ways[way]!(await make());
      expect(answer, `${kind}, ${way}`).toEqual(unknown);
    }
  });

  test('too many wrong passwords: the same answer', async () => {
    const answers = [];
    for (const kind of ['unknown', 'known', 'frozen']) {
      const person = await kinds[kind]!();
      const { client, page } = await stages['signing in']!(scene);
      const all = [];
      for (let turn = 0; turn < 7; turn += 1) {
        const { status, text } = seen(
          await client.submit(page, { identifier: person.number, password: WRONG }),
          [person.number],
        );
        all.push({ status, text: text.replace(/\d+ (s|min|seconds?|minutes?)\b/g, 'n') });
      }
      expect(
        all.map(({ status }) => status),
        kind,
      ).toEqual([422, 422, 422, 422, 422, 429, 429]);
      answers.push(all);
    }
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  });

  test('the same work, counted in processor time', async () => {
    const { client, page } = await stages['signing in']!(scene);
    const people = new Map<string, string[]>();
    for (const kind of ['unknown', 'known', 'without a password', 'frozen']) {
      const made = [];
      for (let n = 0; n < EACH; n += 1) made.push((await kinds[kind]!()).number);
      people.set(kind, made);
    }
    await client.submit(page, { identifier: someCitizen().document.number, password: WRONG });
    const work = new Map([...people.keys()].map((kind) => [kind, [] as number[]]));
    for (let n = 0; n < EACH; n += 1)
      for (const [kind, numbers] of people) {
        const begun = process.cpuUsage();
        await client.submit(page, { identifier: numbers[n]!, password: WRONG });
        const { user, system } = process.cpuUsage(begun);
        work.get(kind)!.push(user + system);
      }
    // Without its hash an attempt costs a fifth; the least of several is not disturbed by what else runs here.
    const least = new Map([...work].map(([kind, all]) => [kind, Math.min(...all)]));
    for (const [kind, each] of least) expect(each / least.get('known')!, kind).toBeGreaterThan(0.6);
    for (const [kind, each] of least) expect(each / least.get('known')!, kind).toBeLessThan(1.7);
  });

  test('a hint of who it is changes nothing but what stands in the field', async () => {
    const { department } = scene;
    const person = await kinds.known!();
    const hinted = async (hint: string) => {
      const { page } = await stages['signing in']!({ ...scene, department });
      const query = new URLSearchParams({ login_hint: hint, prompt: 'none' });
      const silent = await ask(yihao.origin, `/oauth/authorize?client_id=${department.clientId}&${query}`);
      return { status: page.status, silent: [silent.status, silent.headers.location] };
    };
    expect(await hinted(person.number)).toEqual(await hinted(someCitizen().document.number));
  });

  test('who proves to be the person is told what the matter is, and only then', async () => {
    const person = await kinds.frozen!();
    const { client, page } = await stages['signing in']!(scene);
    const wrong = await client.submit(page, { identifier: person.number, password: WRONG });
    const right = await client.submit(page, { identifier: person.number, password: PASSWORD });
    expect([wrong.status, right.status]).toEqual([422, 403]);
  });
});
