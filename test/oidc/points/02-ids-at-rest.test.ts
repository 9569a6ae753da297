/** Design §5.2: a dump of the stores holds no token, code, session id, secret or personal data that could be used. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRedis } from '../../../src/platform/redis.ts';
import { testRedis } from '../../support/stores.ts';
import { type Department, exchange, register } from '../department.ts';
import { ACR, type ProviderNode } from '../server.ts';
import { type World, worlds } from '../world.ts';

describe.each(worlds)('at rest on $name', (kind) => {
  let world: World;
  let node: ProviderNode;
  let department: Department;

  beforeAll(async () => {
    world = await kind.open();
    ({ node } = world);
    department = await register(node, 'insurance', {
      scope: 'openid profile phone id_number offline_access',
      entitlements: ['id_number'],
    });
  });
  afterAll(() => world.close());

  test('nothing that can be presented and nobody’s number stands in the clear', async () => {
    const person = await node.person(7);
    const browser = node.browser({ login: { accountId: person.id, acr: ACR(3, 1), amr: ['pwd'] } });
    const waiting = await browser.open(
      (await department.begin({ login_hint: person.document.number })).url.href,
    );
    browser.behaviour.consent = 'agree';
    const arrival = await department.arrive(browser, {
      scope: 'openid profile phone id_number offline_access',
      prompt: 'login consent',
    });
    const { body } = await department.token(exchange(department, arrival));
    const unused = await department.arrive(browser);
    const secrets = [
      ...[body.access_token, body.refresh_token, body.id_token, department.secret].map(String),
      ...[arrival, unused].map(({ back }) => back.searchParams.get('code')!),
      browser.cookie('yihao_session')!,
      waiting.url.split('/interaction/')[1]!,
      ...[person.document.number, person.phone!, person.name],
    ];
    const dump = await dumpOf(node);
    expect(dump.length).toBeGreaterThan(5_000);
    for (const secret of secrets) {
      expect(dump, `found ${secret.slice(0, 6)}…`).not.toContain(secret);
      expect(dump).not.toContain(Buffer.from(secret).toString('hex'));
      expect(dump).not.toContain(Buffer.from(secret).toString('base64'));
    }
  });
});

async function dumpOf(node: ProviderNode): Promise<string> {
  const { database } = node;
  const tables = await database.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
  );
  const parts: string[] = [];
  for (const { name } of tables) {
    const rows = await database.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
    parts.push(...rows.map(({ row }) => row));
  }
  if (testRedis) {
    const redis = (await openRedis({ url: testRedis, keyPrefix: '' }))!;
    const keys = await redis.keys('test-*');
    for (const key of keys)
      parts.push(key, (await redis.dumpBuffer(key).catch(() => null))?.toString('latin1') ?? '');
    redis.disconnect();
  }
  return parts.join('\n');
}
