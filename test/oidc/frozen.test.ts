/** A person who is frozen, closed or dead is stopped everywhere within five seconds. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Person, PersonState } from '../../src/accounts/person.ts';
import { type Department, exchange, register, userinfo } from './department.ts';
import { ACR, type ProviderNode } from './server.ts';
import { type RemoteNode, until, type World, worlds } from './world.ts';

describe.each(worlds)('on $name, two processes', (kind) => {
  let world: World;
  let node: ProviderNode;
  let remote: RemoteNode;
  let department: Department;

  beforeAll(async () => {
    world = await kind.open();
    ({ node } = world);
    remote = await world.process();
    department = await register(node, 'insurance', { legal_basis: 'statutory-duty' });
  });
  afterAll(() => world.close());

  const browser = (person: Person) =>
    node.browser({ login: { accountId: person.id, acr: ACR(3, 1), amr: ['pwd'] }, consent: 'agree' });
  let n = 0;

  test.each<PersonState>(['frozen', 'closed', 'deceased'])(
    'a %s person’s session, codes and tokens stop working',
    async (state) => {
      n += 1;
      const person = await node.person(n);
      const window = browser(person);
      const tokens = await department.signIn(window, {
        scope: 'openid profile offline_access',
        prompt: 'consent',
      });
      const away = { address: remote.address } as ProviderNode;
      expect((await userinfo(away, tokens.access_token)).status).toBe(200);
      window.behaviour = {};
      const arrival = await department.arrive(window);
      await node.rooms.accounts.changeState(person.id, state, { actor: 'operator:test', reason: 'test' });
      const since = Date.now();
      await until(async () => (await userinfo(away, tokens.access_token)).status === 401, 6);
      expect(Date.now() - since).toBeLessThan(5_000);
      for (const at of [node, away]) {
        expect((await userinfo(at, tokens.access_token)).status).toBe(401);
        expect(
          (await department.token({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token! }, at))
            .body.error,
        ).toBe('invalid_grant');
        expect((await department.token(exchange(department, arrival), at)).body.error).toBe('invalid_grant');
        expect((await department.post('/oauth/introspect', { token: tokens.access_token }, at)).body).toEqual(
          { active: false },
        );
        window.node = at.address;
        const silent = await department.arrive(window, { prompt: 'none' });
        expect(silent.back.searchParams.get('error')).toBe('login_required');
      }
      window.node = node.address;
      expect((await window.request(`${node.issuer}/me`)).body).toBe('null');
    },
  );

  test('a session of a frozen person leads to the sign-in page, where somebody else may sign in', async () => {
    const [frozen, other] = [await node.person(50), await node.person(51)];
    const window = browser(frozen);
    await department.signIn(window);
    await node.rooms.accounts.changeState(frozen.id, 'frozen', { actor: 'operator:test', reason: 'test' });
    window.behaviour = { login: { accountId: other.id, acr: ACR(3, 1), amr: ['pwd'] }, consent: 'agree' };
    const signIn = async () => {
      const page = await window.open((await department.begin()).url.href);
      // The library ends the old session by a form that goes on by itself.
      return page.body.includes('Continue') ? window.submit(page) : page;
    };
    let page = await signIn();
    // The old session may end under the visitor's hands, when the freeze's own promise is kept just now.
    for (let again = 0; again < 3 && !page.url.includes('code='); again += 1) page = await signIn();
    const back = new URL(page.url);
    expect(back.searchParams.get('code')).toBeTruthy();
  });
});
