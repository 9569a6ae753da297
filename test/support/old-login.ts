/** An old system that says yes or no to passwords, as docs/old-login-interface.md describes it; and can misbehave. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../src/platform/clock.ts';
import { RequestJudge, sharedKey, signAnswer } from '../../src/platform/partner/signature.ts';

export const LOGIN_SECRET = 'k7Qm2Vt9Xw4Rz8Lp3Nc6Hb1Jd5Fg0Sa7';

export interface OldAccountThere {
  password: string;
  localId: string;
  number?: string;
  name?: string;
  phone?: string;
}

export interface OldLoginServer {
  url: string;
  /** By what they sign in with. */
  accounts: Map<string, OldAccountThere>;
  /** How it answers from now on; without a word of `behave` as it should. */
  behave: undefined | ((response: ServerResponse, sign: (status: number, body: string) => void) => void);
  /** Requests that came in, signed. */
  asked: { request: string; identifier: string }[];
  close(): Promise<void>;
}

export async function startOldLogin(): Promise<OldLoginServer> {
  const key = sharedKey('yihao', LOGIN_SECRET);
  const judge = new RequestJudge([key], systemClock, 300);
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const body = Buffer.concat(parts);
    const judged = judge.judge({ method: request.method!, path: request.url!, body }, request.headers);
    if (!judged.ok) return void response.writeHead(401).end();
    const sign = (status: number, text: string) => {
      const bytes = Buffer.from(text);
      response.writeHead(status, signAnswer(key, judged.nonce, status, bytes)).end(bytes);
    };
    if (request.url === '/login/health') return sign(200, '{"ok":true}');
    if (request.url !== '/login/check-password') return sign(404, '{}');
    const { password, ...question } = JSON.parse(body.toString()) as Record<
      'request' | 'identifier' | 'password',
      string
    >;
    old.asked.push(question);
    if (old.behave) return old.behave(response, sign);
    const { password: right, ...account } = old.accounts.get(question.identifier) ?? { password: undefined };
    sign(200, JSON.stringify(right === password ? { outcome: 'yes', ...account } : { outcome: 'no' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const old: OldLoginServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/login`,
    accounts: new Map(),
    behave: undefined,
    asked: [],
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return old;
}
