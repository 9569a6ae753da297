/** An address of a department for logout tokens or event tokens: keeps what it is sent, and answers as told. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Receiver {
  url: string;
  /** Tokens, in order of arrival. */
  tokens: string[];
  /** Those that it said it took. */
  taken: string[];
  /** Status of the next answers; 200 unless set, or 202 for event tokens. */
  status: number;
  /** Before it answers, in milliseconds. */
  delayMs: number;
  close(): Promise<void>;
}

const EVENT_TYPE = 'application/secevent+jwt';

/** @param events whether it takes event tokens (RFC 8935) instead of logout tokens */
export async function startReceiver({ events = false } = {}): Promise<Receiver> {
  const receiver: Omit<Receiver, 'url' | 'close'> = {
    ...{ tokens: [], taken: [], delayMs: 0 },
    status: events ? 202 : 200,
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const body = Buffer.concat(chunks).toString();
      const right = !events || request.headers['content-type'] === EVENT_TYPE;
      const token = events ? body : new URLSearchParams(body).get('logout_token');
      if (token && right) receiver.tokens.push(token);
      await new Promise((done) => setTimeout(done, receiver.delayMs));
      const status = right ? receiver.status : 415;
      if (token && (events ? status === 202 : status < 300)) receiver.taken.push(token);
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return Object.assign(receiver, {
    url: `http://localhost:${port}/backchannel-logout`,
    close: () =>
      new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  });
}
