/** Asking an old system whether a password is right: over real HTTP, and whatever it does. */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { legacyProductionFaults, legacySettings } from '../../../src/legacy/settings.ts';
import { type OldLogin, openOldLogins } from '../../../src/legacy/sources/login-interface.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { LOGIN_SECRET, type OldLoginServer, startOldLogin } from '../../support/old-login.ts';
import { freePort } from '../../support/server.ts';

const ROOT = join(import.meta.dirname, '../../..');
const SNIPPET = join(ROOT, 'examples/snippets/old-login.php');
const IDENTITY = {
  localId: '10017',
  number: '54019919000101001X',
  name: '扎西·顿珠',
  phone: '15400000000',
};
const PASSWORD = 'Test@1234 བོད་ "\\\n';
const hasPhp = spawnSync('php', ['-v']).status === 0;

let server: OldLoginServer;
const opened: OldLogin[] = [];
const tried: string[] = [];

function open(url: string, more: object = {}): OldLogin {
  const settings = legacySettings.parse({
    signIn: { deadlineMs: 10_000 },
    logins: {
      talent: { url, secret: LOGIN_SECRET, deadlineMs: 20_000, attemptMs: 8_000, breakAfter: 3, ...more },
    },
  });
  const login = openOldLogins(settings, systemClock, { tried: (_, result) => tried.push(result) }).get(
    'talent',
  )!;
  opened.push(login);
  return login;
}

beforeEach(async () => {
  tried.length = 0;
  server = await startOldLogin();
  server.accounts.set('zhaxi', { password: PASSWORD, ...IDENTITY });
  server.accounts.set('bare', { password: PASSWORD, localId: '7' });
});
afterEach(async () => {
  for (const login of opened.splice(0)) login.close();
  await server.close();
});

test('yes comes with what the old system knows, no with nothing', async () => {
  const login = open(server.url);
  expect(await login.ask({ identifier: 'zhaxi', password: PASSWORD })).toEqual({
    outcome: 'yes',
    identity: IDENTITY,
  });
  expect(await login.ask({ identifier: 'bare', password: PASSWORD })).toEqual({
    outcome: 'yes',
    identity: { localId: '7' },
  });
  expect(await login.ask({ identifier: 'zhaxi', password: 'wrong' })).toEqual({ outcome: 'no' });
  expect(await login.ask({ identifier: 'nobody', password: PASSWORD })).toEqual({ outcome: 'no' });
  expect(await login.check()).toMatchObject({ reachable: true });
});

test('what no account can have is not asked', async () => {
  const login = open(server.url);
  for (const [identifier, password] of [
    ['', PASSWORD],
    ['zhaxi', ''],
    ['x'.repeat(201), PASSWORD],
    ['zhaxi', 'x'.repeat(1_025)],
  ] as const)
    expect(await login.ask({ identifier, password })).toEqual({ outcome: 'no' });
  expect(server.asked).toEqual([]);
});

const YES = { outcome: 'yes', localId: '1' };
test.each([
  ['an error', (sign: Sign) => sign(500, '{}')],
  ['a refusal of the question', (sign: Sign) => sign(400, '{}')],
  ['another outcome', (sign: Sign) => sign(200, '{"outcome":"maybe"}')],
  ['yes without an id', (sign: Sign) => sign(200, '{"outcome":"yes"}')],
  ['yes with an empty id', (sign: Sign) => sign(200, '{"outcome":"yes","localId":""}')],
  ['yes with a number for an id', (sign: Sign) => sign(200, '{"outcome":"yes","localId":1}')],
  ['more than was asked for', (sign: Sign) => sign(200, JSON.stringify({ ...YES, password: 'x' }))],
  ['no with an id', (sign: Sign) => sign(200, '{"outcome":"no","localId":"1"}')],
  ['a name without end', (sign: Sign) => sign(200, JSON.stringify({ ...YES, name: 'x'.repeat(201) }))],
  [
    'an answer without end',
    (sign: Sign) => sign(200, JSON.stringify({ ...YES, name: 'x'.repeat(1_000_000) })),
  ],
  ['no JSON', (sign: Sign) => sign(200, 'yes')],
])('%s is not believed', async (_what, misbehave) => {
  server.behave = (_response, sign) => misbehave(sign);
  expect(await open(server.url).ask({ identifier: 'zhaxi', password: PASSWORD })).toEqual({
    outcome: 'unreachable',
  });
});
type Sign = (status: number, body: string) => void;

test('an answer that is not signed, or a redirect, is not believed', async () => {
  const login = open(server.url);
  server.behave = (response) => void response.writeHead(200).end(JSON.stringify(YES));
  expect(await login.ask({ identifier: 'zhaxi', password: PASSWORD })).toEqual({ outcome: 'unreachable' });
  server.behave = (response) => void response.writeHead(302, { location: server.url }).end();
  expect(await login.ask({ identifier: 'zhaxi', password: PASSWORD })).toEqual({ outcome: 'unreachable' });
});

test('a system that says nothing is waited for so long and no longer, then left alone', async () => {
  const login = open(server.url, { deadlineMs: 1_500, attemptMs: 300, attempts: 2, breakSeconds: 3_600 });
  server.behave = () => {};
  const began = performance.now();
  expect(await login.ask({ identifier: 'zhaxi', password: PASSWORD })).toEqual({ outcome: 'unreachable' });
  expect(performance.now() - began).toBeLessThan(10_000);
  expect(tried).toEqual(['timeout', 'timeout']);
  // A repetition of one question carries its number, so that one try is not counted as two.
  expect(new Set(server.asked.map(({ request }) => request)).size).toBe(1);
  await login.ask({ identifier: 'zhaxi', password: PASSWORD });
  const { length } = server.asked;
  server.behave = undefined;
  expect(await login.ask({ identifier: 'zhaxi', password: PASSWORD })).toEqual({ outcome: 'unreachable' });
  expect(server.asked.length).toBe(length);
});

test('settings that cannot work are told by name; production wants https and a secret of its own', () => {
  const login = { url: 'http://old.example.gov.cn', secret: LOGIN_SECRET };
  const faults = (given: object) =>
    legacySettings.safeParse({ logins: given }).error?.issues.map(({ path }) => path.join('.')) ?? [];
  expect(faults({ talent: login })).toEqual([]);
  expect(faults({ talent: {} })).toEqual(['logins.talent.url', 'logins.talent.secret']);
  expect(faults({ Talent: login })).toEqual(['logins.Talent']);
  const parsed = legacySettings.parse({ logins: { talent: login } });
  expect(legacyProductionFaults(parsed).map(({ setting }) => setting)).toEqual(
    expect.arrayContaining(['legacy.logins.talent.url', 'legacy.logins.talent.allowedHosts']),
  );
  // No try may take longer than a sign-in waits, and production waits no longer than its pace can hide.
  expect(faults({ talent: { ...login, attemptMs: 2_600, deadlineMs: 9_000 } })).toEqual([
    'logins.talent.attemptMs',
  ]);
  const patient = legacySettings.parse({ signIn: { deadlineMs: 9_000 } });
  expect(legacyProductionFaults(patient).map(({ setting }) => setting)).toEqual(['legacy.signIn.deadlineMs']);
});

describe('docs/old-login-interface.md', () => {
  const text = readFileSync(join(ROOT, 'docs/old-login-interface.md'), 'utf8');

  test('shows examples/snippets/old-login.php as it is', () => {
    const shown = /<!-- examples\/snippets\/old-login.php -->\n+```php\n([\s\S]*?)```/.exec(text)?.[1];
    expect(shown).toBe(readFileSync(SNIPPET, 'utf8'));
  });

  // On a developer's machine PHP may be missing; where it counts it must not be.
  test.runIf(hasPhp || process.env.CI !== undefined)(
    'gives a system in PHP that answers as it should',
    async () => {
      const port = await freePort();
      const hash = spawnSync('php', [
        '-r',
        'echo password_hash($argv[1], PASSWORD_BCRYPT, ["cost" => 4]);',
        '--',
        PASSWORD,
      ]);
      const users = { zhaxi: { ...IDENTITY, hash: hash.stdout.toString() } };
      const php = spawn('php', ['-S', `localhost:${port}`, SNIPPET], {
        env: { ...process.env, OLD_LOGIN_SECRET: LOGIN_SECRET, OLD_LOGIN_USERS: JSON.stringify(users) },
        stdio: 'ignore',
      });
      try {
        const login = open(`http://localhost:${port}/login`, { breakAfter: 1_000 });
        await expect.poll(() => login.check(), { timeout: 20_000 }).toMatchObject({ reachable: true });
        expect(await login.ask({ identifier: 'zhaxi', password: PASSWORD })).toEqual({
          outcome: 'yes',
          identity: IDENTITY,
        });
        expect(await login.ask({ identifier: 'zhaxi', password: 'wrong' })).toEqual({ outcome: 'no' });
        expect(await login.ask({ identifier: 'nobody', password: 'nobody' })).toEqual({ outcome: 'no' });
        const stranger = open(`http://localhost:${port}/login`, { secret: LOGIN_SECRET.toLowerCase() });
        expect(await stranger.check()).toMatchObject({ reachable: false, fault: 'refused' });
        const forged = await fetch(`http://localhost:${port}/login/check-password`, {
          method: 'POST',
          body: '{}',
        });
        expect(forged.status).toBe(401);
      } finally {
        php.kill();
      }
    },
  );
});
