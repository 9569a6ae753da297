/** An old system behind HTTP, and the rooms that a sign-in asks it through. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeHashQueue } from '../../src/credentials/hash-queue.ts';
import { makeHasher } from '../../src/credentials/hasher.ts';
import type { TypedIdentifier } from '../../src/credentials/old-passwords.ts';
import { makePepper } from '../../src/credentials/pepper.ts';
import { declareSource } from '../../src/legacy/declare.ts';
import { openLoginDoor } from '../../src/legacy/lazy/login-door.ts';
import { applySource } from '../../src/legacy/link.ts';
import { openOldSignIn } from '../../src/legacy/old-sign-in.ts';
import { planSource } from '../../src/legacy/plan.ts';
import { legacySettings } from '../../src/legacy/settings.ts';
import { openOldLogins } from '../../src/legacy/sources/login-interface.ts';
import { stageFile } from '../../src/legacy/stage.ts';
import { type Clock, systemClock } from '../../src/platform/clock.ts';
import type { Database } from '../../src/platform/postgres.ts';
import type { Comparison, PopulationRegister } from '../../src/registries/registry.ts';
import { citizen, open, sampleRing, value } from '../accounts/opened.ts';
import { engine, passwordsOn, settings } from '../credentials/room.ts';
import { LOGIN_SECRET, type OldLoginServer } from '../support/old-login.ts';

export const NAME = '扎西·顿珠';

export const declareLogin = (source: string, login = 'talent', more = '') => `
source: ${source}
title: { zh-CN: ${source} }
login: ${login}
${more}`;

/** What somebody types: the number of citizen n, or a user name. */
export const asTyped = (what: number | string, client?: string): TypedIdentifier => {
  if (typeof what === 'string') return { text: what, kind: 'user-name', client };
  const document = citizen(what);
  return { text: document.number, kind: 'document', document, client };
};

/** @param logins each interface of the settings, by name */
export async function openLazyRoom(
  database: Database,
  logins: Record<string, OldLoginServer>,
  more: { signIn?: object; login?: object; clock?: Clock } = {},
) {
  const { clock = systemClock } = more;
  const opened = open(database, { clock });
  const keyring = sampleRing(1);
  const queue = makeHashQueue({ concurrency: 2, length: 2_000, waitMs: 60_000 });
  const hasher = makeHasher(engine, queue, makePepper(keyring, 'aes'), settings.hash);
  const register = { says: {} as Partial<Comparison>, asked: [] as string[] };
  const population: PopulationRegister = {
    async compare({ name }) {
      register.asked.push(name);
      return { outcome: 'match', source: 'register', reference: 'r', at: clock.now(), ...register.says };
    },
    check: () => Promise.reject(new Error('nobody asks')),
  };
  const legacy = legacySettings.parse({
    signIn: { deadlineMs: 10_000, ...more.signIn },
    logins: Object.fromEntries(
      Object.entries(logins).map(([name, { url }]) => [
        name,
        { url, secret: LOGIN_SECRET, attemptMs: 5_000, deadlineMs: 10_000, attempts: 1, ...more.login },
      ]),
    ),
  });
  const lines = openOldLogins(legacy, clock);
  const warned: string[] = [];
  const room = {
    ...{ ...opened, database, hasher, clock, population, trail: opened.audit.trail, logins: lines },
    settings: legacy.signIn,
    log: { warn: (_: unknown, text?: string) => void warned.push(text ?? '') },
  };
  const passwords = await passwordsOn(database, { keyring, clock });
  passwords.welcome(openOldSignIn(room, openLoginDoor(room)));
  const folder = mkdtempSync(join(tmpdir(), 'yihao-lazy-'));
  let files = 0;

  return {
    ...{ ...opened, room, passwords, register, warned },
    /** An account that its owner opened. */
    open: opened.register,
    declare: async (declaration: string) =>
      value(await declareSource(room, { declaration, actor: 'operator:test' })),
    /** Rows: id, n of the citizen, name, deleted. */
    async stage(declaration: string, ...rows: (string | number)[][]) {
      files += 1;
      const path = join(folder, `${files}.csv`);
      writeFileSync(path, 'id,xm,sfzh,sc\n');
      for (const [id, n, name = NAME, deleted = '0'] of rows)
        appendFileSync(path, `${id},${name},${citizen(Number(n)).number},${deleted}\n`);
      return value(await stageFile(room, { declaration, path }));
    },
    async link(source: string) {
      await planSource(room, source);
      return applySource(room, source, 'operator:test');
    },
    /** As the page does: whose identifier is it, and then the password. */
    async come(what: number | string, password: string, client?: string) {
      const found =
        typeof what === 'number'
          ? await opened.accounts.findByDocument(citizen(what))
          : await opened.accounts.findByUserName(what);
      return passwords.verify(found?.id, password, asTyped(what, client));
    },
    personOf: async (n: number) => (await opened.accounts.findByDocument(citizen(n)))?.id,
    events: async (type: string) =>
      (
        await database.query<{ detail: string }>(
          'SELECT detail FROM audit_event WHERE type = $1 ORDER BY at',
          [type],
        )
      ).map(({ detail }) => JSON.parse(detail) as Record<string, unknown>),
    async close() {
      for (const line of lines.values()) line.close();
      await opened.audit.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type LazyRoom = Awaited<ReturnType<typeof openLazyRoom>>;
