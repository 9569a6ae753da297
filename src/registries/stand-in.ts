/**
 * The stand-in register of trial: its own HTTP listener that speaks what a real register speaks
 * (docs/partners.md) over a synthetic population, and can be slow, down or wrong on demand. Its people and
 * switches are open to whoever reaches its port, because nobody in it lives; it listens on this machine only.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { z } from 'zod';
import { type Clock, systemClock } from '../platform/clock.ts';
import { RequestJudge, type SharedKey, sharedKey, signAnswer } from '../platform/partner/signature.ts';
import { answerQuestion, questionSchema } from './stand-in-answer.ts';
import {
  answerAboutOrganisation,
  answerOldNumber,
  oldNumberQuestion,
  organisationQuestion,
} from './stand-in-enterprise-answer.ts';
import { type Enterprises, makeEnterprises } from './stand-in-enterprises.ts';
import { enterprisesPage, peoplePage } from './stand-in-page.ts';
import { makePopulation, type Population } from './stand-in-population.ts';
import { allOff, type Switches, switchesSchema } from './stand-in-switches.ts';

export interface StandInOptions {
  /** 0 takes a free one. */
  port: number;
  /** 127.0.0.1 unless told. */
  host?: string;
  seed: string;
  size: number;
  /** How many enterprises. */
  enterprises?: number;
  secret: string;
  keyId?: string;
  clock?: Clock;
  clockSkewSeconds?: number;
}

export interface StandInRegister {
  readonly url: string;
  readonly port: number;
  readonly secret: string;
  readonly population: Population;
  readonly enterprises: Enterprises;
  readonly switches: Readonly<Switches>;
  /** Changes the given switches and leaves the others. @throws ZodError */
  turn(changes: Partial<Switches>): void;
  reset(): void;
  /** Questions answered since the start. */
  readonly asked: number;
  close(): Promise<void>;
}

const MOST_BODY_BYTES = 65_536;
const HUGE_BYTES = 4 * 1_048_576;

interface Reply {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** A request as read, and its response where a reply must wait or be left out. */
interface Visit {
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  body: Buffer;
}

/** Starts it. @throws when the port is taken or the population's size is out of range */
export async function startStandInRegister(options: StandInOptions): Promise<StandInRegister> {
  const register = new StandIn(options);
  await register.listen();
  return register;
}

class StandIn implements StandInRegister {
  readonly secret: string;
  readonly population: Population;
  readonly enterprises: Enterprises;
  switches: Switches = allOff();
  asked = 0;
  readonly #server: Server;
  readonly #judge: RequestJudge;
  readonly #key: SharedKey;
  readonly #host: string;
  readonly #wantedPort: number;
  readonly #doors: Record<string, (visit: Visit) => Reply | undefined | Promise<Reply | undefined>> = {
    'GET /': (visit) => this.#showPeople(visit),
    'GET /people': (visit) => this.#showPeople(visit),
    'GET /switches': () => json(200, this.switches),
    'POST /switches': (visit) => this.#turnByHttp(visit),
    'DELETE /switches': () => {
      this.reset();
      return json(200, this.switches);
    },
    'GET /health': (visit) => this.#answerSigned(visit, () => ({ ok: true })),
    'POST /compare': (visit) => this.#answerSigned(visit, () => this.#compare(visit.body)),
    'GET /enterprises': (visit) => this.#showEnterprises(visit),
    'GET /enterprise/health': (visit) => this.#answerSigned(visit, () => ({ ok: true })),
    'POST /enterprise/compare': (visit) =>
      this.#answerSigned(visit, () =>
        this.#answer(visit.body, organisationQuestion, answerAboutOrganisation),
      ),
    'POST /enterprise/look-up': (visit) =>
      this.#answerSigned(visit, () => this.#answer(visit.body, oldNumberQuestion, answerOldNumber)),
  };

  constructor(options: StandInOptions) {
    this.#host = options.host ?? '127.0.0.1';
    this.#wantedPort = options.port;
    this.secret = options.secret;
    this.population = makePopulation(options.seed, options.size);
    this.enterprises = makeEnterprises(options.seed, options.enterprises ?? 20_000, options.size);
    this.#key = sharedKey(options.keyId ?? 'yihao', options.secret);
    this.#judge = new RequestJudge(
      [this.#key],
      options.clock ?? systemClock,
      options.clockSkewSeconds ?? 300,
    );
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://${this.#host}:${this.port}`;
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#wantedPort, this.#host, resolve);
    });
  }

  turn(changes: Partial<Switches>): void {
    this.switches = switchesSchema.parse({ ...this.switches, ...changes });
  }

  reset(): void {
    this.switches = allOff();
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const url = URL.parse(request.url ?? '/', 'http://stand-in');
    const door = this.#doors[`${request.method} ${url?.pathname}`];
    const reply = !body
      ? json(413, { error: 'too-large' })
      : !door || !url
        ? json(404, { error: 'no-such-door' })
        : await door({ request, response, url, body });
    if (!reply) return void request.socket.destroy();
    response.writeHead(reply.status, reply.headers);
    response.end(reply.body);
  }

  #showPeople({ request, url }: Visit): Reply {
    const { size } = this.population;
    const from = between(Number(url.searchParams.get('from') ?? 0), 0, size - 1);
    const count = between(Number(url.searchParams.get('count') ?? 40), 1, 200);
    const people = Array.from({ length: Math.min(count, size - from) }, (_, at) =>
      this.population.at(from + at),
    );
    if (request.headers.accept?.includes('application/json')) return json(200, people);
    return html(peoplePage(this.population, people, this.switches));
  }

  #showEnterprises({ request, url }: Visit): Reply {
    const { size } = this.enterprises;
    const from = between(Number(url.searchParams.get('from') ?? 0), 0, size - 1);
    const count = between(Number(url.searchParams.get('count') ?? 40), 1, 200);
    const shown = Array.from({ length: Math.min(count, size - from) }, (_, at) =>
      this.enterprises.at(from + at),
    );
    if (request.headers.accept?.includes('application/json')) return json(200, shown);
    return html(enterprisesPage(this.enterprises, shown));
  }

  #turnByHttp({ request, body }: Visit): Reply {
    // A web page elsewhere can post forms and text here, but not JSON without asking first.
    if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
      return json(415, { error: 'send application/json' });
    }
    const changes = switchesSchema.partial().safeParse(parseJson(body));
    if (!changes.success) return json(400, { error: 'no-such-switch', switches: Object.keys(allOff()) });
    this.turn(changes.data as Partial<Switches>);
    return json(200, this.switches);
  }

  /** Signs the answer to a signed question, with whatever the switches make of it; undefined cuts the connection. */
  async #answerSigned(
    { request, response, body }: Visit,
    answer: () => object | undefined,
  ): Promise<Reply | undefined> {
    if (this.switches.slow > 0) await pause(this.switches.slow, response);
    const { down, broken } = this.switches;
    if (down) return undefined;
    if (broken === 'error') return json(500, { error: 'broken' });
    if (broken === 'redirect') return { ...json(302, {}), headers: { location: `${this.url}/people` } };
    const path = request.url ?? '/';
    const judged = this.#judge.judge({ method: request.method ?? '', path, body }, request.headers);
    if (!judged.ok) return json(401, { error: judged.fault });
    const content = answer();
    const reply = content ? json(200, content) : json(400, { error: 'malformed' });
    if (broken === 'garbage') reply.body = Buffer.from('<html>');
    if (broken === 'huge') reply.body = Buffer.alloc(HUGE_BYTES, ' ');
    const key = broken === 'forged' ? sharedKey('other', 'not the secret that both sides share') : this.#key;
    Object.assign(reply.headers, signAnswer(key, judged.nonce, reply.status, reply.body));
    return reply;
  }

  #compare(body: Buffer): object | undefined {
    const question = questionSchema.safeParse(parseJson(body));
    if (!question.success) return undefined;
    this.asked += 1;
    return answerQuestion(this.population, this.switches, question.data);
  }

  #answer<Question>(
    body: Buffer,
    schema: z.ZodType<Question>,
    answer: (seed: string, enterprises: Enterprises, switches: Switches, question: Question) => object,
  ): object | undefined {
    const question = schema.safeParse(parseJson(body));
    if (!question.success) return undefined;
    this.asked += 1;
    return answer(this.population.seed, this.enterprises, this.switches, question.data);
  }
}

const json = (status: number, content: object): Reply => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
  body: Buffer.from(`${JSON.stringify(content)}\n`),
});

const html = (page: string): Reply => ({
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
  body: Buffer.from(page),
});

/** The whole body, or undefined when it is too long; read to its end, so that the answer arrives. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size <= MOST_BODY_BYTES) parts.push(part);
  }
  return size <= MOST_BODY_BYTES ? Buffer.concat(parts) : undefined;
}

/** Waits, but not for a caller who has left. */
function pause(ms: number, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    response.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

const between = (value: number, least: number, most: number): number =>
  Number.isInteger(value) ? Math.min(Math.max(value, least), most) : least;
