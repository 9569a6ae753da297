/** A citizen whose account came from an old system signs in with the number and the old password. No script runs. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../../commands/cli.ts';
import { HtmlClient } from '../../support/html-client.ts';
import { installations, PATIENT, startYihao } from '../../support/server.ts';
import { enrol, PASSWORD, signIn, someCitizen } from '../citizen.ts';
import { failure, say } from '../words.ts';

const md5 = (text: string) => createHash('md5').update(text).digest('hex');
const STRONG = 'Lake!9moss-yak';
const WEAK = '123456';
const MANY = 60;

describe.each(installations)('coming from an old system ($name)', (installation) => {
  let yihao: Awaited<ReturnType<typeof startYihao>>;
  let folder: string;
  const citizens = Array.from({ length: MANY + 4 }, () => someCitizen());
  const password = (n: number) => (n === 1 ? WEAK : `${STRONG}${n}`);
  const legacy = async (...args: string[]) => {
    const { url, secret } = yihao.yihao.registries.standIn!;
    const register = {
      YIHAO_REGISTRIES__POPULATION__URL: url,
      YIHAO_REGISTRIES__POPULATION__SECRET: secret,
    };
    const said = await runCli({ ...yihao.env, ...register }, ['legacy', ...args, '--json']);
    expect(said, said.err).toMatchObject({ code: 0 });
    return said.json<Record<string, unknown>>();
  };

  beforeAll(async () => {
    yihao = await startYihao(installation, PATIENT);
    folder = mkdtempSync(join(tmpdir(), 'yihao-home-'));
    const rows = citizens.map(
      ({ name, document }, n) =>
        `${n},u${n},${name},${document.number},${md5(`u${n}${password(n)}s${n}`)},s${n}`,
    );
    writeFileSync(join(folder, 'old.csv'), ['yhbh,yhm,xm,sfzh,mm,yan', ...rows].join('\n'));
    writeFileSync(
      join(folder, 'old.yaml'),
      `source: ruoyi
title: { zh-CN: 旧系统 }
person: { localId: yhbh, userName: yhm, name: xm, document: { column: sfzh }, password: mm, salt: yan }
recipe: md5(u+p+s)
`,
    );
    // The owner of the last one was here before the import, without a password.
    const { name, document } = citizens.at(-1)!;
    await enrol(yihao.yihao, { name, document_number: document.number, password: undefined });
    await legacy('stage', join(folder, 'old.yaml'), join(folder, 'old.csv'));
    await legacy('plan', 'ruoyi');
    await legacy('apply', 'ruoyi');
  });
  afterAll(async () => {
    await yihao?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const come = async (n: number, typed = password(n), client = new HtmlClient(yihao.origin)) =>
    signIn(client, await client.get('/account'), citizens[n]!.document.number, typed);

  test('the old password opens the account, which then has the number and the name and nothing else', async () => {
    const page = await come(0);
    expect(page.url.pathname).toBe('/account');
    expect(page.text).toContain(citizens[0]!.name);
    const { accounts } = yihao.yihao;
    const { id } = (await accounts.findByDocument(citizens[0]!.document))!;
    const { identityLevel, phone, userName } = (await accounts.get(id))!;
    expect([identityLevel, phone, userName]).toEqual([1, undefined, undefined]);
    // A second time it is an own password like any other.
    expect((await come(0)).url.pathname).toBe('/account');
    expect((await come(0, `${password(0)}x`)).text).toContain(failure('sign-in-failed'));
  });

  test('one that is too weak today signs in once and is changed before anything else', async () => {
    const client = new HtmlClient(yihao.origin);
    const page = await come(1, WEAK, client);
    expect(page.heading).toBe(say('interactions.change.title'));
    const after = await client.submit(page, { new_password: PASSWORD });
    expect(after.url.pathname).toBe('/account');
    expect((await come(1, WEAK)).text).toContain(failure('sign-in-failed'));
    expect((await come(1, PASSWORD)).url.pathname).toBe('/account');
  });

  test('a wrong one is refused in the words that everybody gets', async () => {
    const page = await come(2, 'Wrong!1-goose');
    expect(page.text).toContain(failure('sign-in-failed'));
    expect((await come(2)).url.pathname).toBe('/account');
  });

  test('it does not open what its owner opened here', async () => {
    expect((await come(citizens.length - 1)).text).toContain(failure('sign-in-failed'));
  });

  test('many come at once while their passwords are being wrapped; each comes in, and nothing old is left', async () => {
    const numbers = Array.from({ length: MANY }, (_, n) => n + 3);
    const [, ...pages] = await Promise.all([
      legacy('wrap', 'ruoyi'),
      ...numbers.flatMap((n) => [come(n), come(n)]),
    ]);
    expect(pages.map(({ url }) => url.pathname).filter((path) => path !== '/account')).toEqual([]);
    const left = await yihao.yihao.database.query<{ local_id: string; state: string }>(
      `SELECT local_id, state FROM old_password WHERE content IS NOT NULL ORDER BY local_id`,
    );
    expect(left).toEqual([{ local_id: String(citizens.length - 1), state: 'wrapped' }]);
    const { passwords } = await legacy('status', 'ruoyi');
    expect(passwords).toContainEqual({ state: 'used', rows: MANY + 3 });
  }, 180_000);
});
