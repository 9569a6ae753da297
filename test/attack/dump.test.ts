/**
 * After a whole journey through the real server nothing that people typed, proved or were given stands in the clear
 * in PostgreSQL, in Redis, in the embedded database's files or in the log.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installations } from '../support/server.ts';
import type { FreshDatabase } from '../support/stores.ts';
import { bytesOfFolder, copyOfRedis, copyOfTables, dresses } from './copies.ts';
import { startTrial, type TrialProcess } from './trial-process.ts';
import { LONG_NAME, type Traces, travel } from './whole-journey.ts';

/** All that is kept is kept in one of these two. */
const kept = [...new Set([installations[0]!, installations.at(-1)!])];

describe.each(kept)('copies of an installation on $name', (installation) => {
  let trial: TrialProcess;
  let fresh: FreshDatabase;
  const prefix = `attack-${randomBytes(6).toString('hex')}:`;
  let secrets: Traces['secrets'];
  let codes: Traces['codes'];
  let copy = '';
  let log = '';
  let files: Buffer[] = [];

  beforeAll(async () => {
    fresh = await installation.store.fresh();
    await fresh.database.close();
    trial = await startTrial({
      YIHAO_OBSERVE__LEVEL: 'trace',
      YIHAO_TRIAL__PEOPLE: 'false',
      ...(fresh.url ? { DATABASE_URL: fresh.url } : {}),
      ...(installation.redis ? { REDIS_URL: installation.redis, YIHAO_REDIS__KEY_PREFIX: prefix } : {}),
    });
    ({ secrets, codes } = await travel(trial));
    if (installation.redis) copy += await copyOfRedis(installation.redis, prefix);
    await trial.stop();
    log = trial.said();
    copy += await copyOfTables({ ...(fresh.url ? { url: fresh.url } : {}), folder: trial.folder });
    files = fresh.url ? [] : bytesOfFolder(trial.folder);
  });
  afterAll(async () => {
    await trial?.close();
    await fresh.drop();
  });

  test('the journey is in them', () => {
    expect(secrets.size).toBeGreaterThan(30);
    expect(codes.length).toBe(3);
    for (const known of [
      'person.registered',
      'person.registration-waiting',
      'social-insurance',
      'sms-code.sent',
    ])
      expect(copy).toContain(known);
    if (installation.redis) expect(copy).toContain(prefix);
    expect(log).toContain('"msg":"request"');
    // The looking itself works: this is kept in the clear, as text in one column and as bytes in a file.
    const clear = '示例社会保险局';
    expect(dresses(clear).filter((dress) => copy.includes(dress)).length).toBeGreaterThan(0);
    if (files.length > 0) expect(files.some((bytes) => bytes.includes(clear))).toBe(true);
    const hidden = Buffer.from(`xx${LONG_NAME}yyy`).toString('base64url');
    expect(dresses(LONG_NAME).some((dress) => hidden.includes(dress))).toBe(true);
  });

  test('nothing stands in the clear in the tables or in Redis, in any dress', () => {
    const found = [...secrets].flatMap(([what, secret]) =>
      dresses(secret).some((dress) => copy.includes(dress)) ? [what] : [],
    );
    expect(found).toEqual([]);
  });

  test('nor in the files of the embedded database, where old rows stay for a while', () => {
    const found = [...secrets].filter(([, secret]) =>
      files.some((bytes) => bytes.includes(secret) || bytes.includes(Buffer.from(secret, 'utf16le'))),
    );
    expect(found.map(([what]) => what)).toEqual([]);
  });

  test('nor in the log, at its most talkative', () => {
    const found = [...secrets].flatMap(([what, secret]) =>
      dresses(secret).some((dress) => log.includes(dress)) ? [what] : [],
    );
    expect(found).toEqual([]);
  });

  test('no code by short message stands by itself anywhere', () => {
    for (const code of codes) {
      // Six digits also occur in times and in hexadecimal; a code would stand alone.
      const alone = new RegExp(`(?<![0-9a-fA-F.:+-])${code}(?![0-9a-fA-F])`);
      expect(alone.test(copy), 'stores').toBe(false);
      expect(alone.test(log), 'log').toBe(false);
      const text = Buffer.from(`验证码${code}`);
      expect(files.some((bytes) => bytes.includes(text))).toBe(false);
    }
  });
});
