/** A gateway as docs/partners.md wants one, on a real port, that can be told to fail. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../src/platform/clock.ts';
import { RequestJudge, sharedKey, signAnswer } from '../../src/platform/partner/signature.ts';

export const SECRET = 'k7Qm2Vt9Xw4Rz8Lp3Nc6Hb1Jd5Fg0Sa7';

export interface ReceivedSms {
  id: string;
  phone: string;
  signature: string;
  template?: string;
  language: string;
  params: Record<string, string>;
  text: string;
}

export class TestGateway {
  /** By id: the same id twice is one message. */
  readonly messages = new Map<string, ReceivedSms>();
  requests = 0;
  /** The next so many requests are taken, but their answers are lost. */
  loseAnswers = 0;
  state: 'well' | 'down' | 'slow' | 'refusing' = 'well';
  readonly #server: Server;

  constructor(secret = SECRET) {
    const key = sharedKey('yihao', secret);
    const judge = new RequestJudge([key], systemClock, 300);
    this.#server = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
      const body = Buffer.concat(parts);
      this.requests += 1;
      if (this.state === 'slow') return;
      if (this.state === 'down') return void request.socket.destroy();
      const judged = judge.judge({ method: request.method!, path: request.url!, body }, request.headers);
      if (!judged.ok) return void response.writeHead(401).end();
      const answer = request.url === '/health' ? { ok: true } : this.#take(JSON.parse(body.toString()));
      if (this.loseAnswers > 0) {
        this.loseAnswers -= 1;
        return void request.socket.destroy();
      }
      const content = Buffer.from(JSON.stringify(answer));
      response.writeHead(200, signAnswer(judged.key, judged.nonce, 200, content));
      response.end(content);
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  /** As it was when it was opened. */
  forget(): void {
    this.messages.clear();
    this.requests = 0;
    this.loseAnswers = 0;
    this.state = 'well';
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(message: ReceivedSms): object {
    if (this.state === 'refusing') return { outcome: 'number-refused' };
    this.messages.set(message.id, message);
    return { outcome: 'accepted' };
  }
}
