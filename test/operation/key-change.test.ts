/** The seal key is changed under a server in use, and the old one leaves the keyring: nothing begun is lost. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openYihao, type Yihao } from '../../src/app.ts';
import { readSettings } from '../../src/settings.ts';
import { runCli } from '../commands/cli.ts';
import { codeFor, enrol, PASSWORD, signIn, someCitizen, somePhone } from '../journeys/citizen.ts';
import { HtmlClient } from '../support/html-client.ts';
import { PATIENT, type RunningYihao, startYihao } from '../support/server.ts';

let running: RunningYihao;
let yihao: Yihao;
beforeAll(async () => {
  running = await startYihao(undefined, PATIENT);
  yihao = running.yihao;
});
afterAll(async () => {
  await yihao?.close();
  await running?.close();
});

const restart = async () => {
  await yihao.close();
  yihao = await openYihao(readSettings(running.env));
  await yihao.serve();
};
const cli = async (...args: string[]) => {
  const said = await runCli(running.env, args);
  expect(said.code, said.err).toBe(0);
  return said.out;
};

/** Three starts of the server and three of the command line. */
const PATIENCE_MS = 300_000;

test('what was begun under the old key goes on without it, once the command says so', {
  timeout: PATIENCE_MS,
}, async () => {
  const person = await enrol(yihao);
  const [begun, phone] = [someCitizen(), somePhone()];
  const client = new HtmlClient(running.origin);
  let page = await client.get('/register');
  page = await client.submit(page, {
    document_type: begun.document.type,
    document_number: begun.document.number,
    name: begun.writes,
    accept_notice: '1',
  });
  page = await client.submit(page, { phone });
  page = await client.submit(page, { code: await codeFor(yihao.notices, phone) });
  expect(page.fields).toEqual(['new_password']);

  await cli('keys', 'add', 'seal');
  await restart();
  expect(await cli('keys', 'rotate', 'data')).toMatch(/begun registrations, too\nRun this again/);
  expect(await cli('keys', 'rotate', 'data')).toContain('Older seal keys may leave the keyring.');
  const file = join(running.env.YIHAO_DATA_FOLDER!, 'keyring.json');
  const keyring = JSON.parse(readFileSync(file, 'utf8')) as { seal: object[] };
  expect(keyring.seal).toHaveLength(2);
  writeFileSync(file, JSON.stringify({ ...keyring, seal: keyring.seal.slice(0, 1) }), { mode: 0o600 });
  await restart();

  page = await client.submit(await client.get(page.url.pathname), { new_password: PASSWORD });
  page = await client.submit(page);
  expect(page.text).toContain(begun.name);
  expect((await client.get('/trial/outbox')).status).toBe(200);
  const other = new HtmlClient(running.origin);
  expect((await signIn(other, await other.get('/account'), person.number)).text).toContain(person.name);
});
