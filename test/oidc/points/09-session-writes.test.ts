/** Design §5.9: a sign-on that changes nothing in the session does not write it. */
import { expect, test } from 'vitest';
import { register } from '../department.ts';
import { ACR } from '../server.ts';
import { anyWorld } from '../world.ts';

test('single sign-on at a department that was there before leaves the session untouched, until its end must move', async () => {
  const world = await anyWorld.open({ settings: { sessionSlackSeconds: 3 } });
  try {
    const { node } = world;
    const department = await register(node, 'insurance', { legal_basis: 'statutory-duty' });
    const person = await node.person(1);
    const window = node.browser({
      login: { accountId: person.id, acr: ACR(3, 1), amr: ['pwd'] },
      consent: 'agree',
    });
    await department.signIn(window);
    await department.signIn(window);
    const version = async () =>
      (
        await node.database.query<{ xmin: string }>(
          `SELECT xmin::text FROM oidc_record WHERE model = 'Session' AND account_id = $1`,
          [person.id],
        )
      )[0]?.xmin;
    const before = await version();
    expect(before).toBeTruthy();
    await department.signIn(window);
    await department.signIn(window, { prompt: 'none' });
    expect(await version()).toBe(before);
    await new Promise((done) => setTimeout(done, 4_200));
    await department.arrive(window, { prompt: 'none' });
    expect(await version()).not.toBe(before);
  } finally {
    await world.close();
  }
});
