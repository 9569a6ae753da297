/**
 * One installation as it is run: nodes behind a proxy, a wire between each node and its stores, and the world
 * around it (the population register, a department's logout address), which lives on when a node is killed.
 */
import { randomBytes } from 'node:crypto';
import { openYihao } from '../../../src/app.ts';
import { enrolPerson } from '../../../src/enrol.ts';
import { type StandInRegister, startStandInRegister } from '../../../src/registries/stand-in.ts';
import { personAt, type RegisteredPerson } from '../../../src/registries/stand-in-population.ts';
import { openRooms, type Rooms } from '../../../src/rooms.ts';
import { readSettings } from '../../../src/settings.ts';
import { type Receiver, startReceiver } from '../../oidc/receiver.ts';
import { makeNode, type NodeProcess } from '../../support/node-process.ts';
import type { Store } from '../../support/stores.ts';
import { type Balancer, startBalancer } from './balancer.ts';
import { definitions, SITE } from './clients.ts';
import type { Dice } from './dice.ts';
import type { Citizen } from './visitor.ts';
import { layWire, type Wire } from './wire.ts';

export interface Installation {
  name: string;
  store: Store;
  redis: string | undefined;
  nodes: number;
}

export interface Member extends NodeProcess {
  /** To its database and, where there is one, to its Redis. The embedded database has none. */
  wires: Wire[];
  /** Kills it and takes up its wires. */
  close(): Promise<void>;
}

export interface Fleet {
  origin: string;
  members: Member[];
  balancer: Balancer;
  register: StandInRegister;
  receiver: Receiver;
  /** Of the department's website. */
  secret: string;
  /** Environment of a command line beside the nodes. */
  env: Record<string, string>;
  /** The next citizen whom nobody has used. The first few have accounts, with a password that they must change. */
  citizen(): Citizen;
  /** The rooms without doors, as the command line has them. */
  rooms(): Promise<Rooms>;
  close(): Promise<void>;
}

const SEED = 'yihao';

export async function startFleet(installation: Installation, dice: Dice): Promise<Fleet> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const one of closers.splice(0).reverse()) await one();
  };
  try {
    return await openFleet(installation, dice, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function openFleet(
  { store, redis, nodes }: Installation,
  dice: Dice,
  closers: (() => Promise<unknown>)[],
  close: () => Promise<void>,
): Promise<Fleet> {
  const fresh = await store.fresh();
  closers.push(() => fresh.drop());
  await fresh.database.close();
  const register = await startStandInRegister({
    ...{ port: 0, seed: SEED, size: 100_000, secret: randomBytes(32).toString('base64url') },
  });
  closers.push(() => register.close());
  const receiver = await startReceiver();
  closers.push(() => receiver.close());
  const members: Member[] = [];
  closers.push(() => Promise.all(members.map((member) => member.close())));
  const balancer = await startBalancer(() => members.filter(({ up }) => up), dice);
  closers.push(() => balancer.close());

  const env = {
    ...PATIENCE,
    YIHAO_MODE: 'trial',
    YIHAO_ISSUER: balancer.origin,
    YIHAO_PROXIES: '1',
    YIHAO_DATA_FOLDER: fresh.folder,
    YIHAO_OBSERVE__LEVEL: process.env.TEST_LOG ?? 'error',
    YIHAO_OBSERVE__INTERNAL_PORT: '0',
    YIHAO_TRIAL__DEPARTMENTS: 'false',
    YIHAO_TRIAL__PEOPLE: 'false',
    YIHAO_REGISTRIES__POPULATION__URL: register.url,
    YIHAO_REGISTRIES__POPULATION__SECRET: register.secret,
    ...(fresh.url ? { DATABASE_URL: fresh.url } : {}),
    ...(redis
      ? { REDIS_URL: redis, YIHAO_REDIS__KEY_PREFIX: `test-${randomBytes(6).toString('hex')}:` }
      : {}),
  };
  const people = livingFrom(2_000);
  const { secret, enrolled } = await furnish(env, receiver.url, people);
  for (let n = 0; n < nodes; n += 1) members.push(await makeMember(env));
  await Promise.all(members.map((member) => member.start()));

  return {
    ...{ origin: balancer.origin, members, balancer, register, receiver, secret, env, close },
    citizen: () => enrolled.pop() ?? { person: people(), passwords: new Set() },
    rooms: () => openRooms(readSettings({ ...env, YIHAO_OBSERVE__LEVEL: 'silent' }), { serving: false }),
  };
}

/** Whatever is a matter of patience only is quick here. */
const PATIENCE = {
  YIHAO_REGISTRIES__POPULATION__BREAK_SECONDS: '1',
  YIHAO_REGISTRIES__COMPARISON__QUEUE_PAUSE_SECONDS: '1',
  YIHAO_REGISTRIES__COMPARISON__QUEUE_LONGEST_PAUSE_SECONDS: '2',
  YIHAO_OIDC__LOGOUT__RETRY_DELAY_SECONDS: '1',
  YIHAO_NOTICES__PAUSE_SECONDS: '1',
  YIHAO_NOTICES__TRIAL_MESSAGES: '10000',
  YIHAO_OUTBOX__POLL_SECONDS: '1',
  YIHAO_OUTBOX__SUPERVISE_SECONDS: '1',
};

const ENROLLED = 3;
const GIVEN = 'Given-At-The-Hall-1';

/** Registers the applications and opens a few accounts by hand. */
async function furnish(
  env: Record<string, string>,
  logoutUri: string,
  people: () => RegisteredPerson,
): Promise<{ secret: string; enrolled: Citizen[] }> {
  const yihao = await openYihao(readSettings(env), { serving: false });
  const by = { actor: 'system' };
  try {
    let secret = '';
    for (const definition of await definitions(logoutUri)) {
      const made = await yihao.clients.create(definition, by);
      if (!made.ok) throw new Error(JSON.stringify(made.failure));
      if (definition.client_id === SITE) secret = made.value.secret ?? '';
    }
    const enrolled: Citizen[] = [];
    for (let n = 0; n < ENROLLED; n += 1) {
      const person = people();
      const { document, name, phone } = person;
      const made = await enrolPerson(
        yihao,
        {
          ...{ document_number: document.number, name, phone, identity_level: 3, reason: 'test' },
          ...{ password: GIVEN, must_change: true },
        },
        by,
      );
      if (!made.ok) throw new Error(JSON.stringify(made.failure));
      enrolled.push({ person, passwords: new Set([GIVEN]) });
    }
    return { secret, enrolled };
  } finally {
    await yihao.close();
  }
}

/** Living citizens of the register, one after the other. */
function livingFrom(first: number): () => RegisteredPerson {
  let next = first;
  return () => {
    for (;;) {
      const person = personAt(SEED, next);
      next += 1;
      if (person.status === 'alive' && person.document.type === 'citizen-number') return person;
    }
  };
}

/** A node with wires of its own in front of the stores; not yet started. */
export async function makeMember(env: Record<string, string>): Promise<Member> {
  const wires: Wire[] = [];
  const own = { ...env };
  for (const [variable, usual] of [
    ['DATABASE_URL', 5432],
    ['REDIS_URL', 6379],
  ] as const) {
    const address = env[variable];
    if (address === undefined) continue;
    const url = new URL(address);
    const wire = await layWire({ host: url.hostname, port: Number(url.port || usual) });
    wires.push(wire);
    own[variable] = address.replace(url.host, `127.0.0.1:${wire.port}`);
  }
  const node = await makeNode(own);
  const close = async () => {
    await node.kill();
    await Promise.all(wires.map((wire) => wire.close()));
  };
  // Not a copy: where it listens and whether it is up are told by the node itself.
  return Object.assign(Object.create(node) as NodeProcess, { wires, close });
}
