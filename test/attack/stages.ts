/** Visitors at every stage of the road, each in a browser of its own, with what a hostile one needs to go on. */
import { codeFor, enrol, PASSWORD, signIn, someCitizen, somePhone } from '../journeys/citizen.ts';
import { type Department, registerDepartment, visit } from '../journeys/department.ts';
import { HtmlClient, type HtmlPage } from '../support/html-client.ts';
import type { RunningYihao } from '../support/server.ts';

export interface Visitor {
  client: HtmlClient;
  /** Where this visitor stands. */
  page: HtmlPage;
  /** `/interaction/<uid>` */
  road: string;
}

export interface Scene {
  yihao: RunningYihao;
  /** Asks for agreement. */
  department: Department;
  /** Acts on a statutory duty. */
  duty: Department;
}

export async function setScene(yihao: RunningYihao): Promise<Scene> {
  const { clients } = yihao.yihao;
  return {
    yihao,
    department: await registerDepartment(clients),
    duty: await registerDepartment(clients, { legal_basis: 'statutory-duty' }),
  };
}

type Stage = (scene: Scene) => Promise<Visitor>;

const standing = (client: HtmlClient, page: HtmlPage): Visitor => ({
  client,
  page,
  road: /^\/interaction\/[^/]+/.exec(page.url.pathname)![0],
});

const arrive = async ({ yihao, department }: Scene, more: Record<string, string> = {}): Promise<Visitor> => {
  const client = new HtmlClient(yihao.origin);
  return standing(client, (await visit(client, department, more)).page);
};

const identityGiven: Stage = async (scene) => {
  const { client, page } = await arrive(scene, { prompt: 'create' });
  const { document, name } = someCitizen();
  const values = { document_type: document.type, document_number: document.number, name, accept_notice: '1' };
  return standing(client, await client.submit(page, values));
};

const registrationCodeSent = async (scene: Scene, phone = somePhone()): Promise<Visitor> => {
  const { client, page } = await identityGiven(scene);
  return standing(client, await client.submit(page, { phone }));
};

const phoneProven: Stage = async (scene) => {
  const phone = somePhone();
  const { client, page } = await registrationCodeSent(scene, phone);
  const code = await codeFor(scene.yihao.yihao.notices, phone);
  return standing(client, await client.submit(page, { code }));
};

const codeSent = async (scene: Scene, phone = somePhone()): Promise<Visitor> => {
  const { client, road } = await arrive(scene);
  return standing(client, await client.submit(await client.get(`${road}/sms`), { phone }));
};

const signedIn = async (
  scene: Scene,
  at: Department,
  more: Record<string, string> = {},
): Promise<Visitor> => {
  const { yihao } = scene;
  const client = new HtmlClient(yihao.origin);
  await signIn(client, await client.get('/account'), (await enrol(yihao.yihao)).number);
  return standing(client, (await visit(client, at, more)).page);
};

/** How a visitor comes to stand there. */
export const stages: Record<string, Stage> = {
  'signing in': arrive,
  'a code on its way': codeSent,
  'whose phone it is': async (scene) => {
    const phone = somePhone();
    await enrol(scene.yihao.yihao, { phone });
    await enrol(scene.yihao.yihao, { phone });
    const { client, page } = await codeSent(scene, phone);
    return standing(
      client,
      await client.submit(page, { code: await codeFor(scene.yihao.yihao.notices, phone) }),
    );
  },
  'a phone without an account': async (scene) => {
    const phone = somePhone();
    const { client, page } = await codeSent(scene, phone);
    return standing(
      client,
      await client.submit(page, { code: await codeFor(scene.yihao.yihao.notices, phone) }),
    );
  },
  'a password to be changed': async (scene) => {
    const { client, page } = await arrive(scene);
    const person = await enrol(scene.yihao.yihao, { must_change: true });
    return standing(client, await signIn(client, page, person.number));
  },
  'registering: identity': (scene) => arrive(scene, { prompt: 'create' }),
  'registering: phone': identityGiven,
  'registering: code': registrationCodeSent,
  'registering: password': phoneProven,
  'registering: opened': async (scene) => {
    const { client, page } = await phoneProven(scene);
    return standing(client, await client.submit(page, { new_password: PASSWORD }));
  },
  'registering: waiting': async (scene) => {
    const { client, page } = await phoneProven(scene);
    // It stays down: the registration would go on as soon as it is back.
    scene.yihao.yihao.registries.standIn!.turn({ down: true });
    return standing(client, await client.submit(page, { new_password: PASSWORD }));
  },
  'a stronger sign-in': (scene) =>
    signedIn(scene, scene.department, { acr_values: 'urn:yihao:acr:1:ial3:aal2', prompt: 'consent' }),
  'a level out of reach': (scene) =>
    signedIn(scene, scene.department, { acr_values: 'urn:yihao:acr:1:ial5:aal1' }),
  consent: (scene) => signedIn(scene, scene.department),
  notice: (scene) => signedIn(scene, scene.duty),
};
