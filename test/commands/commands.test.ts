/** Every command as a process of its own, beside a running server on the embedded database and without one. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { someCitizen } from '../journeys/citizen.ts';
import { type RunningYihao, startYihao } from '../support/server.ts';
import { runCli } from './cli.ts';

// Each command is a process of its own: a dozen of them take a busy machine long.
vi.setConfig({ testTimeout: 300_000 });

const PASSWORD = 'Snow-Lion-77-river';
let yihao: RunningYihao;
let folder: string;
const cli = (args: string[], input?: string, more: Record<string, string> = {}) =>
  runCli({ ...yihao.env, ...more }, args, input);

beforeAll(async () => {
  yihao = await startYihao();
  folder = mkdtempSync(join(tmpdir(), 'yihao-cli-'));
});
afterAll(async () => {
  await yihao.close();
  rmSync(folder, { recursive: true, force: true });
});

const person = (more: object = {}) => {
  const { document, name } = someCitizen();
  return {
    document_number: document.number,
    name,
    phone: '15412345678',
    password: PASSWORD,
    reason: 'test',
    ...more,
  };
};

describe('beside a running server', () => {
  test('a person is created from a file, shown masked, frozen and unfrozen', async () => {
    const given = person({ identity_level: 3 });
    const file = join(folder, 'person.json');
    writeFileSync(file, `\uFEFF${JSON.stringify(given)}`);
    const made = await cli(['person', 'create', file, '--json']);
    expect(made, made.err).toMatchObject({ code: 0, err: '' });
    const { id } = made.json<{ id: string }>();
    expect(made.json()).toMatchObject({
      document_type: 'citizen-number',
      state: 'active',
      identity_level: 3,
    });

    for (const key of [id, given.document_number]) {
      const shown = await cli(['person', 'show', key]);
      expect(shown.code).toBe(0);
      expect(shown.out).toContain(id);
      for (const secret of [given.document_number, given.name, given.phone, PASSWORD])
        expect(shown.out).not.toContain(secret);
    }
    const frozen = await cli(['--json', 'person', 'freeze', id, '--reason', 'stolen']);
    expect(frozen.json()).toMatchObject({ id, state: 'frozen' });
    expect((await yihao.yihao.accounts.get(id as never))?.state).toBe('frozen');
    expect((await cli(['person', 'unfreeze', id, '--reason', 'found'])).out).toContain('is now active');
  });

  test('a person from standard input; the same again is refused in words', async () => {
    const given = JSON.stringify(person());
    expect((await cli(['person', 'create'], given)).code).toBe(0);
    const again = await cli(['person', '--json', 'create', '-'], given);
    expect(again.code).toBe(3);
    expect(again.json()).toMatchObject({
      error: { code: 'account-exists', title: 'There is already an account for this document' },
    });
    expect(again.err).toContain('There is already an account for this document');
  });

  test('every fault of a person is listed, none with its value', async () => {
    const given = JSON.stringify({
      document_type: 'library-card',
      identity_level: 9,
      nmae: 'Geheim',
      phone: 4711,
    });
    const refused = await cli(['person', 'create', '--json'], given);
    expect(refused.code).toBe(3);
    const { error } = refused.json<{ error: { faults: { member: string }[] } }>();
    expect(error.faults.map(({ member }) => member).toSorted()).toEqual([
      'document_number',
      'document_type',
      'identity_level',
      'name',
      'nmae',
      'phone',
      'reason',
    ]);
    expect(refused.out + refused.err).not.toMatch(/Geheim|4711/);
  });

  test('what is wrong with each member is told together, beside what no schema sees', async () => {
    const given = JSON.stringify({
      ...{ document_number: '540199190001010010', name: '扎西', phone: '123', password: 'short' },
      identity_level: 9,
      reason: 'test',
    });
    const refused = await cli(['person', 'create', '--json'], given);
    const { error } = refused.json<{
      error: { code: string; faults: { member: string; code?: string }[] };
    }>();
    expect(error.code).toBe('person-input');
    expect(Object.fromEntries(error.faults.map(({ member, code }) => [member, code]))).toEqual({
      identity_level: undefined,
      document_number: 'document-check-digit',
      phone: 'phone-form',
      password: 'password-short',
    });
    expect(refused.err).toMatch(/- phone: \S.+/);
    expect(refused.out + refused.err).not.toContain('540199190001010010');
  });

  test('words that the command line does not know are told as JSON where JSON is asked for', async () => {
    for (const args of [
      ['person', 'crate'],
      ['legacy', 'undo', 'x', '--json'],
      ['--json', 'nothing'],
    ]) {
      const refused = await cli([...args, '--json']);
      expect(refused.code).toBe(2);
      expect(refused.json()).toMatchObject({
        error: { code: 'usage', message: expect.stringMatching(/\S/) },
      });
    }
  });

  test('an application: created, listed, its secret rotated, suspended and resumed', async () => {
    const definition = {
      client_id: 'health',
      client_name: 'Health records',
      redirect_uris: ['https://health.example/callback'],
      scope: 'openid profile',
      sector: 'health',
      owner: 'Health office',
      legal_basis: 'consent',
      'purpose#zh-CN': '查询健康档案',
      'purpose#bo': 'བདེ་ཐང་ཡིག་ཚགས།',
      'purpose#en': 'to read health records',
    };
    const made = await cli(['client', 'create', '--json'], JSON.stringify(definition));
    expect(made.code, made.err).toBe(0);
    const { client_secret: first } = made.json<{ client_secret: string }>();
    expect(first.length).toBeGreaterThan(30);
    const listed = await cli(['client', 'list']);
    expect(listed.out).toContain('health');
    expect(listed.out).not.toContain(first);
    const rotated = await cli(['client', 'rotate-secret', 'health', '--grace-days', '2', '--json']);
    expect(rotated.json<{ client_secret: string }>().client_secret).not.toBe(first);
    expect((await cli(['client', 'rotate-secret', 'health', '--grace-days', 'two'])).code).toBe(2);
    expect((await cli(['client', 'suspend', 'health', '--reason', 'x'])).out).toContain('suspended');
    expect((await cli(['client', 'resume', 'health'])).code).toBe(0);
    expect((await cli(['client', 'resume', 'health'])).err).toContain('The application is not suspended');
    expect((await cli(['client', 'suspend', 'nobody'])).err).toContain('There is no such application');
  });

  test('signing keys: listed, rotated by force, refused too soon', async () => {
    const before = (await cli(['keys', 'list', '--json'])).json<{ kid: string; state: string }[]>();
    const soon = await cli(['keys', 'rotate']);
    expect(soon).toMatchObject({ code: 3 });
    expect(soon.err).toContain('only just published');
    expect((await cli(['keys', 'rotate', '--force'])).code).toBe(0);
    const after = (await cli(['keys', 'list', '--json'])).json<{ kid: string; state: string }[]>();
    const next = before.filter(({ state }) => state === 'next').map(({ kid }) => kid);
    expect(
      after
        .filter(({ state }) => state === 'current')
        .map(({ kid }) => kid)
        .toSorted(),
    ).toEqual(next.toSorted());
  });

  test('data and fingerprints move to new keys', async () => {
    for (const [purpose, what] of [
      ['seal', 'data'],
      ['fingerprint', 'fingerprint'],
    ] as const) {
      expect((await cli(['keys', 'add', purpose])).code).toBe(0);
      const moved = await cli(['keys', 'rotate', what, '--json']);
      expect(moved.code, moved.err).toBe(0);
      const report = moved.json<{ seen: number; moved: number; complete: boolean }>();
      expect(report.complete).toBe(true);
      expect(report.moved).toBeGreaterThan(0);
    }
    expect(statSync(join(yihao.env.YIHAO_DATA_FOLDER!, 'keyring.json')).mode & 0o077).toBe(0);
  });

  test('migrate has nothing to do, doctor finds everything well', async () => {
    expect((await cli(['migrate'])).out).toContain('up to date');
    const well = await cli(['doctor', '--json']);
    expect(well.code, well.out).toBe(0);
    expect(well.json()).toMatchObject({ ok: true });
  });

  test('the audit trail is intact, and no more after somebody changed a row', async () => {
    expect((await cli(['audit', 'verify'])).out).toContain('intact');
    await yihao.yihao.database.query(
      `UPDATE audit_event SET actor = 'nobody' WHERE type = 'client.suspended'`,
    );
    const broken = await cli(['audit', 'verify', '--json']);
    expect(broken.code).toBe(3);
    expect(broken.json()).toMatchObject({ ok: false });
  });
});

describe('without a server', () => {
  test('the command line opens the database itself', async () => {
    const env = { YIHAO_DATA_FOLDER: join(folder, 'alone') };
    const made = await runCli(env, ['person', 'create', '--json'], JSON.stringify(person()));
    expect(made.code, made.err).toBe(0);
    const { id } = made.json<{ id: string }>();
    expect((await runCli(env, ['person', 'show', id])).code).toBe(0);
  });

  test('a new keyring is readable by its owner alone and never overwritten', async () => {
    const file = join(folder, 'ring.json');
    expect((await runCli({}, ['keys', 'generate', file])).code).toBe(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const before = readFileSync(file, 'utf8');
    expect((await runCli({}, ['keys', 'generate', file])).code).toBe(2);
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  test('doctor says what to do about wrong settings and a database that does not answer', async () => {
    const wrong = await runCli({ PORT: 'x' }, ['doctor']);
    expect(wrong).toMatchObject({ code: 78 });
    expect(wrong.out).toContain('must be a whole number');
    const env = { DATABASE_URL: 'postgres://u:Geheim@127.0.0.1:1/x' };
    const dead = await runCli(env, ['doctor']);
    expect(dead).toMatchObject({ code: 3 });
    expect(dead.out).toContain('check DATABASE_URL');
    expect(dead.out + dead.err).not.toContain('Geheim');
  });

  test.each([
    [['person', 'create', '/nowhere.json'], '', {}, 2, 'cannot read /nowhere.json'],
    [['person', 'create'], 'not JSON', {}, 2, 'must hold one JSON object'],
    [['client', 'create'], '[]', {}, 2, 'must hold one JSON object'],
    [['person', 'freeze', 'x'], '', {}, 2, '--reason'],
    [['person', 'freeze', 'x', '--reason', '  '], '', {}, 2, 'Say why'],
    [['audit', 'verify', '--anchors', 'package.json'], '', {}, 2, 'holds no anchors'],
    [['nonsense'], '', {}, 2, 'unknown command'],
    [['keys', 'add', 'nonsense'], '', {}, 2, 'purpose must be one of'],
    [['client', 'list'], '', { YIHAO_POTR: '1' }, 78, 'YIHAO_POTR'],
    [['migrate'], '', { DATABASE_URL: 'postgres://u:p@localhost:1/x' }, 1, 'ECONNREFUSED'],
  ] as const)('%j leaves with its code and says why', async (args, input, env, code, why) => {
    const said = await runCli({ ...env }, [...args], input);
    expect(said.err).toContain(why);
    expect(said.err).not.toMatch(/^\s+at /m);
    expect(said.code).toBe(code);
  });

  test.each(['', 'person', 'person create', 'client', 'keys', 'keys rotate', 'audit', 'doctor', 'migrate'])(
    '%s --help is readable',
    async (command) => {
      const said = await runCli({}, [...command.split(' ').filter(Boolean), '--help']);
      expect(said).toMatchObject({ code: 0, err: '' });
      expect(said.out).toContain('Usage: ');
    },
  );
});
