/** A department finds its own old user again, and nobody else's. No script runs. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applySource, undoLink } from '../../../src/legacy/link.ts';
import { planSource } from '../../../src/legacy/plan.ts';
import { stageFile } from '../../../src/legacy/stage.ts';
import { HtmlClient } from '../../support/html-client.ts';
import { installations, PATIENT, startYihao } from '../../support/server.ts';
import { enrol, signIn } from '../citizen.ts';
import { answerOf, type Department, finish, registerDepartment, visit } from '../department.ts';
import { say } from '../words.ts';

const SCOPE = 'openid profile legacy_accounts';

describe.each(installations)('old ids for departments ($name)', (installation) => {
  let yihao: Awaited<ReturnType<typeof startYihao>>;
  let folder: string;
  let own: Department;
  let other: Department;
  let bare: Department;
  let person: Awaited<ReturnType<typeof enrol>>;
  const room = () => {
    const { database, accounts, sealer, fingerprinter, clock, audit, registries } = yihao.yihao;
    return {
      ...{ database, accounts, sealer, fingerprinter, clock },
      trail: audit.trail,
      population: registries.population,
    };
  };

  beforeAll(async () => {
    yihao = await startYihao(installation, PATIENT);
    const { clients } = yihao.yihao;
    const entitled = { scope: SCOPE, entitlements: ['legacy_accounts'] };
    own = await registerDepartment(clients, entitled);
    other = await registerDepartment(clients, entitled);
    bare = await registerDepartment(clients);
    person = await enrol(yihao.yihao);
    folder = mkdtempSync(join(tmpdir(), 'yihao-ids-'));
    writeFileSync(
      join(folder, 'old.csv'),
      [
        'id,xm,sfzh',
        `A-7,${person.name},${person.number}`,
        `B-9,${person.name},${person.number}`,
        'C-1,达娃,',
      ].join('\n'),
    );
    const declaration = `source: old-${own.clientId}
title: { zh-CN: 旧系统 }
client: ${own.clientId}
person: { localId: id, name: xm, document: { column: sfzh } }
`;
    const staged = await stageFile(room(), { declaration, path: join(folder, 'old.csv') });
    if (!staged.ok) throw new Error(staged.failure.code);
    await planSource(room(), staged.value.source);
    await applySource(room(), staged.value.source, 'operator:test');
  });
  afterAll(async () => {
    await yihao?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Signs in there, agreeing where asked; what the department gets, and what the page of consent said. */
  const go = async (department: Department, scope: string) => {
    const client = new HtmlClient(yihao.origin);
    const trip = await visit(client, department, { scope });
    let page = await signIn(client, trip.page, person.number, undefined, {}, department.origin);
    const said = page.text;
    if (!page.url.href.startsWith(department.origin))
      page = await client.submit(page, {}, { button: 'decision=allow', until: department.origin });
    const { code, error } = answerOf(page, department);
    if (error) throw new Error(error);
    return { said, ...(await finish(yihao.origin, department, code!, trip.verifier)) };
  };

  test('the claim tells its own old ids and since when; the page of consent says so, the log keeps it', async () => {
    const { said, userinfo, idToken } = await go(own, SCOPE);
    expect(said).toContain(say('interactions.claims.legacy_accounts'));
    expect(userinfo.legacy_accounts).toEqual([
      { source: `old-${own.clientId}`, id: 'A-7', since: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) },
      { source: `old-${own.clientId}`, id: 'B-9', since: expect.any(String) },
    ]);
    expect(idToken.legacy_accounts).toBeUndefined();
    const disclosed = await yihao.yihao.database.query<{ claims: string[] }>(
      'SELECT claims FROM disclosure WHERE client_id = $1 AND $2 = ANY (claims)',
      [own.clientId, 'legacy_accounts'],
    );
    expect(disclosed).toHaveLength(1);
  });

  test('another department is told of none, and one without the scope of nothing', async () => {
    expect((await go(other, SCOPE)).userinfo.legacy_accounts).toEqual([]);
    const { userinfo } = await go(bare, 'openid profile');
    expect(userinfo).not.toHaveProperty('legacy_accounts');
  });

  test('the scope needs the entitlement', async () => {
    await expect(registerDepartment(yihao.yihao.clients, { scope: SCOPE })).rejects.toThrow(
      'legacy_accounts needs',
    );
  });

  test('what was undone is told no more', async () => {
    const undone = await undoLink(
      room(),
      { source: `old-${own.clientId}`, localId: 'B-9', actor: 'operator:test', reason: 'wrong' },
      async () => [],
    );
    expect(undone).toMatchObject({ ok: true });
    expect((await go(own, SCOPE)).userinfo.legacy_accounts).toMatchObject([{ id: 'A-7' }]);
  });
});
