import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openAudit } from '../../src/audit/trail.ts';
import { type Clients, openClients } from '../../src/clients/clients.ts';
import { clientsSettings } from '../../src/clients/settings.ts';
import { systemClock } from '../../src/platform/clock.ts';
import type { Failure } from '../../src/platform/failure.ts';
import { parseKeyring } from '../../src/platform/seal/keyring.ts';
import { sampleKeyring } from '../../src/platform/seal/sample-keys.ts';
import { type FreshDatabase, stores } from '../support/stores.ts';

const by = { actor: 'operator:test' };
const words = (field: string, text: string) => ({
  [`${field}#zh-CN`]: text,
  [`${field}#bo`]: text,
  [`${field}#en`]: text,
});
const site = (id: string, more: object = {}) => ({
  client_id: id,
  redirect_uris: [`https://${id}.example.gov.cn/callback`],
  ...more,
});
const ready = (id: string) =>
  site(id, {
    ...words('client_name', id),
    ...words('purpose', '办事'),
    'owner#zh-CN': '人社厅',
    'owner#bo': 'མི་ཤུགས་ཐིང་།',
    'owner#en': 'Human resources office',
    scope: 'openid profile',
    client_name: id,
  });

describe.each(stores)('the register of applications on $name', (store) => {
  let fresh: FreshDatabase;
  /** Two nodes with caches of their own; the clock of the test drives both. */
  let one: Clients;
  let two: Clients;
  let audit: ReturnType<typeof openAudit>;
  let ahead = 0;
  const clock = { now: () => new Date(systemClock.now().getTime() + ahead) };
  const good = <Value>(outcome: { ok: true; value: Value } | { ok: false; failure: Failure }): Value => {
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.failure));
    return outcome.value;
  };
  const eventsOf = async (id: string) =>
    (
      await fresh.database.query<{ type: string }>(
        'SELECT type FROM audit_event WHERE client_id = $1 ORDER BY at',
        [id],
      )
    ).map((row) => row.type);

  beforeAll(async () => {
    fresh = await store.fresh();
    const settings = clientsSettings.parse({});
    audit = openAudit({
      database: fresh.database,
      keyring: parseKeyring(sampleKeyring()),
      suite: 'aes',
      clock,
      node: 'test',
    });
    const open = () => openClients({ database: fresh.database, audit: audit.trail, clock, settings });
    one = open();
    two = open();
  });
  afterAll(async () => {
    await audit.close();
    await fresh.drop();
  });

  test('a new application gets a random secret that is shown once and kept as a hash', async () => {
    const { client, secret } = good(await one.create(site('fresh'), by));
    expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(client.state).toBe('trial');
    expect(await two.checkSecret('fresh', secret!)).toBe(true);
    expect(await two.checkSecret('fresh', `${secret}x`)).toBe(false);
    expect(await two.checkSecret('nobody', secret!)).toBe(false);
    const dump = JSON.stringify([
      await fresh.database.query('SELECT * FROM client'),
      await fresh.database.query('SELECT * FROM client_secret'),
    ]);
    expect(dump).not.toContain(secret);
    expect(await eventsOf('fresh')).toEqual(['client.created']);
  });

  test('the same id a second time is refused, also when two come at once', async () => {
    const outcomes = await Promise.all([one.create(site('twice'), by), two.create(site('twice'), by)]);
    expect(outcomes.filter((outcome) => outcome.ok)).toHaveLength(1);
    expect(outcomes.find((outcome) => !outcome.ok)).toMatchObject({
      failure: { code: 'client-exists', status: 409 },
    });
  });

  test('a wrong definition changes nothing and says every fault', async () => {
    const outcome = await one.create(
      site('wrong', { redirect_uris: ['http://a.example/'], scope: 'openid all' }),
      by,
    );
    expect(outcome).toMatchObject({
      failure: { code: 'client-definition', faults: [{ setting: 'redirect_uris' }, { setting: 'scope' }] },
    });
    expect(await one.get('wrong')).toBeUndefined();
  });

  test('an application keeps its identity as an object until it changes, and is at most five seconds old', async () => {
    good(await one.create(ready('steady'), by));
    const before = await two.get('steady');
    ahead += 4_000;
    expect(await two.get('steady')).toBe(before);
    good(await one.change('steady', { ...ready('steady'), scope: 'openid' }, by));
    expect((await one.get('steady'))?.scopes).toEqual(['openid']);
    ahead += 5_000;
    expect((await two.get('steady'))?.scopes).toEqual(['openid']);
    expect(await two.get('steady')).not.toBe(before);
  });

  test('a suspended application is stopped on every node within five seconds, and resumes where it was', async () => {
    good(await one.create(ready('stopped'), by));
    expect((await two.get('stopped'))?.state).toBe('trial');
    good(await one.suspend('stopped', { ...by, reason: 'an incident' }));
    expect((await one.get('stopped'))?.state).toBe('suspended');
    ahead += 5_000;
    expect((await two.get('stopped'))?.state).toBe('suspended');
    expect(good(await two.resume('stopped', by)).state).toBe('trial');
    expect(await one.resume('stopped', by)).toMatchObject({ failure: { code: 'client-not-suspended' } });
    expect(await eventsOf('stopped')).toEqual(['client.created', 'client.suspended', 'client.resumed']);
  });

  test('the life goes step by step, and going live asks for more', async () => {
    good(await one.create(site('steps', { state: 'draft' }), by));
    expect(await one.step('steps', 'live', by)).toMatchObject({
      failure: { code: 'client-step', params: { from: 'draft', to: 'live' } },
    });
    good(await one.step('steps', 'reviewed', by));
    good(await one.step('steps', 'trial', by));
    expect(await one.step('steps', 'live', by)).toMatchObject({ failure: { code: 'client-definition' } });
    good(await one.change('steps', ready('steps'), by));
    expect(good(await one.step('steps', 'live', by)).state).toBe('live');
    expect(
      await one.change('steps', site('steps', { redirect_uris: ['http://localhost/cb'] }), by),
    ).toMatchObject({ ok: false });
  });

  test('while a secret is replaced both work, then the old one ends; a third never does', async () => {
    const { secret: first } = good(await one.create(ready('rotates'), by));
    const { secret: second, oldUntil } = good(await one.rotateSecret('rotates', by, { graceDays: 2 }));
    expect(oldUntil.getTime()).toBeGreaterThan(clock.now().getTime());
    expect(await one.checkSecret('rotates', first!)).toBe(true);
    expect(await one.checkSecret('rotates', second)).toBe(true);
    const { secret: third } = good(await one.rotateSecret('rotates', by, { graceDays: 2 }));
    expect(await one.checkSecret('rotates', first!)).toBe(false);
    expect(await one.checkSecret('rotates', second)).toBe(true);
    ahead += 2 * 86_400_000 + 1;
    expect(await one.checkSecret('rotates', second)).toBe(false);
    expect(await one.checkSecret('rotates', third)).toBe(true);
    good(await one.rotateSecret('rotates', by, { graceDays: 0 }));
    expect(await one.checkSecret('rotates', third)).toBe(false);
    expect(
      await fresh.database.query('SELECT 1 FROM client_secret WHERE client_id = $1', ['rotates']),
    ).toHaveLength(2);
  });

  test('configuration declares applications again and again without changing anything', async () => {
    const declared = { ...ready('declared'), client_secret: '0Jt8mZxWq3vYbNcRk5LdFhGsPa7TeUi2' };
    const [a, b] = await Promise.all([one.ensure(declared, by), two.ensure(declared, by)]);
    expect([good(a).change, good(b).change].sort()).toEqual(['created', 'none']);
    expect(good(await one.ensure(declared, by)).change).toBe('none');
    expect(await one.checkSecret('declared', declared.client_secret)).toBe(true);
    const other = '9Yt8mZxWq3vYbNcRk5LdFhGsPa7TeUi2';
    expect(good(await one.ensure({ ...declared, scope: 'openid', client_secret: other }, by)).change).toBe(
      'changed',
    );
    expect(await one.checkSecret('declared', declared.client_secret)).toBe(true);
    expect(await one.checkSecret('declared', other)).toBe(true);
    expect(await eventsOf('declared')).toEqual(['client.created', 'client.changed']);
  });

  test('configuration does not resume what an operator suspended', async () => {
    good(await one.ensure(ready('held'), by));
    good(await one.suspend('held', by));
    good(await one.ensure({ ...ready('held'), scope: 'openid' }, by));
    expect((await one.get('held'))?.state).toBe('suspended');
  });

  test('an interface belongs to one application', async () => {
    const resource = { identifier: 'https://api.example.gov.cn/', scope: 'read' };
    good(await one.create(site('offers', { resource }), by));
    expect((await one.byResource(resource.identifier))?.id).toBe('offers');
    expect(await one.byResource('https://elsewhere.example/')).toBeUndefined();
    expect(await one.create(site('offers-too', { resource }), by)).toMatchObject({
      failure: { code: 'client-resource-taken' },
    });
  });

  test('the list shows secrets by a short name only', async () => {
    const listed = (await one.list()).find((client) => client.id === 'fresh');
    expect(listed?.secrets).toEqual([
      {
        reference: expect.stringMatching(/^[0-9a-f]{8}$/),
        createdAt: expect.any(Date),
        expiresAt: undefined,
      },
    ]);
  });
});
