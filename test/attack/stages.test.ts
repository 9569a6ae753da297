/** A visitor at every stage posts rubbish to every door: each answer is clear, and the stage stays what it was. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { HtmlPage } from '../support/html-client.ts';
import type { RunningYihao } from '../support/server.ts';
import { pageDoors } from './doors.ts';
import { expectClear } from './judge.ts';
import type { Answer } from './raw.ts';
import { STRANGE, TEXTS } from './rubbish.ts';
import { type Scene, setScene, stages } from './stages.ts';
import { type Target, targets } from './targets.ts';

const FIELDS = [
  ...['identifier', 'password', 'document_type', 'phone', 'code', 'account', 'last_four', 'new_password'],
  ...['decision', 'document_number', 'country', 'name', 'tibetan_name', 'accept_notice', 'client'],
];
/** These go on or end whatever is posted; each has tests of its own. */
const GOING_ON = /\/(abort|decline|continue|step-up\/sms|sessions\/end)$/;
/** Bodies at each stage; from stage to stage other texts stand in each field. */
const turnsOn = (target: Target): number => (target === targets[0] ? 2 : 1);

const body = (turn: number): string =>
  FIELDS.map((field, at) => {
    const text = TEXTS[(at * 11 + turn * 5) % TEXTS.length]!;
    // Much of the rubbish would be a good password, and the stage left behind.
    const shown = field === 'new_password' ? text.slice(0, 7) : text;
    return `${field}=${encodeURIComponent(shown.toWellFormed())}`;
  }).join('&');

const asAnswer = (page: HtmlPage): Answer => ({
  status: page.status,
  headers: Object.fromEntries(page.headers),
  cookies: page.headers.getSetCookie(),
  body: page.html,
});

describe.each(targets)('rubbish at every stage ($name)', (target) => {
  let yihao: RunningYihao;
  let scene: Scene;
  beforeAll(async () => {
    yihao = await target.start();
    scene = await setScene(yihao);
  });
  afterAll(() => yihao.close());
  afterEach(() => yihao.yihao.registries.standIn!.reset());

  test.each(Object.entries(stages).map(([name, come], at) => [name, come, at] as const))(
    '%s',
    async (_, come, at) => {
      const { client, page, road } = await come(scene);
      const csrf = (await client.get(`${road}/password`)).value('_csrf') ?? '';
      expect([page.status, csrf.length], page.text).toEqual([200, 43]);
      const bodies = Array.from({ length: turnsOn(target) }, (_, turn) => body(at * 2 + turn));
      if (at === 0) bodies.push(...STRANGE.map(([, strange]) => strange));
      for (const { method, path } of pageDoors(road.split('/')[2])) {
        if (method !== 'POST' || GOING_ON.test(path)) continue;
        for (const one of bodies) {
          const answer = await client.post(path, `_csrf=${csrf}&${one}`);
          expectClear(`${path} ${one.slice(0, 60)}`, asAnswer(answer), {
            language: 'en',
            planted: '<script>a',
          });
        }
      }
      expect((await client.get(page.url.pathname)).heading).toBe(page.heading);
    },
  );

  test('what was typed stands in the form again, character by character', async () => {
    const { client, page } = await stages['registering: identity']!(scene);
    for (const text of TEXTS.filter((each) => each !== '' && encodeURIComponent(each).length < 7_500)) {
      const values = {
        document_type: 'foreign-passport',
        document_number: text,
        country: text,
        name: text,
        tibetan_name: text,
      };
      const again = await client.submit(page, values);
      expect(again.status, text).toBe(422);
      const kept = ['document_number', 'country', 'name', 'tibetan_name'].map((field) =>
        plain(again.value(field)),
      );
      expect(kept).toEqual([text, text, text, text]);
      expect(again.value('document_type')).toBe('foreign-passport');
      expect(again.root.querySelectorAll('[aria-invalid=true]').length).toBeGreaterThan(0);
    }
  });

  test('signing in keeps the identifier and never the password', async () => {
    const { client, page } = await stages['signing in']!(scene);
    for (const [at, text] of TEXTS.filter((each) => each !== '' && each.length < 1_000).entries()) {
      // Only some are worth the work of a hash.
      const password = at % 10 === 0 ? 'Never-Shown-5521' : '';
      const again = await client.submit(page, { identifier: text, password });
      expect([again.status, plain(again.value('identifier'))]).toEqual([422, text]);
      expect(again.html).not.toContain('Never-Shown-5521');
    }
  });
});

/** node-html-parser leaves entities of attributes as they are written. */
const plain = (value: string | undefined): string =>
  (value ?? '').replace(
    /&(amp|lt|gt|quot|#39);/g,
    (_, name: string) => ({ amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" })[name]!,
  );
