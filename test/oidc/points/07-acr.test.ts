/** Design §5.7: the level asked for is enforced, essential or not, by step-up (RFC 9470). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Person } from '../../../src/accounts/person.ts';
import { type Department, register } from '../department.ts';
import { ACR, type ProviderNode, shown } from '../server.ts';
import { anyWorld, type World } from '../world.ts';

describe('acr_values', () => {
  let world: World;
  let node: ProviderNode;
  let department: Department;
  let demanding: Department;
  let person: Person;

  beforeAll(async () => {
    world = await anyWorld.open();
    ({ node } = world);
    department = await register(node, 'insurance', { legal_basis: 'statutory-duty' });
    demanding = await register(node, 'pension', { legal_basis: 'statutory-duty', least_acr: ACR(3, 2) });
    person = await node.person(1);
  });
  afterAll(() => world.close());

  const browser = (aal: number) =>
    node.browser({ login: { accountId: person.id, acr: ACR(3, aal), amr: ['pwd'] }, consent: 'agree' });
  const claims = (acr: object) => JSON.stringify({ id_token: { acr } });

  test('that the session reaches pass, and the answer names the value that was asked for', async () => {
    const window = browser(2);
    await department.signIn(window);
    window.behaviour = {};
    const tokens = await department.signIn(window, { acr_values: `${ACR(5, 3)} ${ACR(3, 1)}` });
    expect(tokens.claims()!.acr).toBe(ACR(3, 1));
    expect((await department.signIn(window)).claims()!.acr).toBe(ACR(3, 2));
  });

  test.each([
    ['acr_values, which are not essential', { acr_values: ACR(3, 2) }],
    ['a claim that is essential', { claims: claims({ essential: true, value: ACR(3, 2) }) }],
    ['a claim that is not', { claims: claims({ values: [ACR(3, 2)] }) }],
    ['both at once', { acr_values: ACR(4, 3), claims: claims({ essential: true, values: [ACR(3, 2)] }) }],
  ])('higher than the session lead to a stronger sign-in: %s', async (_what, parameters) => {
    const window = browser(1);
    await department.signIn(window);
    window.behaviour = {};
    const page = await window.open((await department.begin(parameters)).url.href);
    const { prompt } = shown(page);
    expect(prompt).toMatchObject({ name: 'login', reasons: ['acr_insufficient'] });
    expect(prompt.details.acr).toMatchObject({ have: ACR(3, 1), anyOf: expect.arrayContaining([ACR(3, 2)]) });
    const back = await department.arrive(window, { ...parameters, prompt: 'none' });
    expect(back.back.searchParams.get('error')).toBe('login_required');
    window.behaviour = {
      login: { accountId: person.id, acr: ACR(3, 2), amr: ['pwd', 'sms'] },
      consent: 'agree',
    };
    expect((await department.signIn(window, parameters)).claims()!.acr).toBe(ACR(3, 2));
  });

  test('the level is in the details of the first sign-in too, so that one visit is enough', async () => {
    const page = await node.browser().open((await department.begin({ acr_values: ACR(3, 2) })).url.href);
    expect(shown(page).prompt).toMatchObject({
      reasons: ['no_session'],
      details: { acr: { anyOf: [ACR(3, 2)] } },
    });
  });

  test('an application’s own least level holds without being asked for', async () => {
    const window = browser(1);
    await department.signIn(window);
    window.behaviour = {};
    const page = await window.open((await demanding.begin()).url.href);
    expect(shown(page).prompt).toMatchObject({
      reasons: ['acr_insufficient'],
      details: { acr: { least: ACR(3, 2) } },
    });
  });

  test('a sign-in that is still too weak leads back to the question, never to a code', async () => {
    const window = browser(1);
    await department.signIn(window);
    await expect(window.open((await department.begin({ acr_values: ACR(3, 3) })).url.href)).rejects.toThrow(
      'too many redirects',
    );
  });

  test('values of another vocabulary are a wish; essential, they cannot be met', async () => {
    const window = browser(1);
    expect(
      (await department.signIn(window, { acr_values: 'urn:mace:incommon:iap:silver' })).claims()!.acr,
    ).toBe(ACR(3, 1));
    window.behaviour = {};
    const page = await window.open(
      (await department.begin({ claims: claims({ essential: true, value: 'silver' }) })).url.href,
    );
    expect(shown(page).prompt.details.acr).toMatchObject({ impossible: true });
  });
});
