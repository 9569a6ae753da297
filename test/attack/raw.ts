/** HTTP written by hand: sends exactly these bytes, as no well-behaved client would, and reads what comes back. */
import { connect } from 'node:net';

export interface Answer {
  status: number;
  /** Lower-case names; repeated ones joined by a comma, cookies apart. */
  headers: Record<string, string>;
  cookies: string[];
  body: string;
}

export interface Exchange {
  /** All answers on the connection, in order; empty when it was closed without one. */
  answers: Answer[];
  /** How it ended: closed by the server, or still open when the patience was over. */
  end: 'closed' | 'open';
  ms: number;
}

type HeaderValues = Record<string, string | string[] | undefined>;

export interface Sent {
  method?: string;
  headers?: HeaderValues;
  /** One byte a character. */
  body?: string;
  version?: string;
}

const PATIENCE_MS = 20_000;

/** The bytes of a request. A header `undefined` is left out, one with several values stands several times. */
export function request(target: string, sent: Sent = {}): Buffer {
  const { method = 'GET', version = 'HTTP/1.1' } = sent;
  const body = Buffer.from(sent.body ?? '', 'latin1');
  const headers: HeaderValues = {
    Host: 'localhost',
    Accept: 'text/html',
    Connection: 'close',
    ...(sent.body === undefined ? {} : { 'Content-Length': String(body.length) }),
    ...sent.headers,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    (value === undefined ? [] : [value].flat()).map((one) => `${name}: ${one}\r\n`),
  );
  return Buffer.concat([
    Buffer.from(`${method} ${target} ${version}\r\n${lines.join('')}\r\n`, 'latin1'),
    body,
  ]);
}

/** Sends and waits until the server closes the connection, or until `enough` answers are there. */
export function exchange(
  origin: string,
  bytes: Buffer | string | readonly (Buffer | string)[],
  options: { patienceMs?: number; enough?: number } = {},
): Promise<Exchange> {
  const { patienceMs = PATIENCE_MS, enough = Number.POSITIVE_INFINITY } = options;
  const { port } = new URL(origin);
  const begun = performance.now();
  return new Promise((resolve) => {
    const socket = connect(Number(port), 'localhost');
    const parts: Buffer[] = [];
    const finish = (end: Exchange['end']) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ answers: readAnswers(Buffer.concat(parts)), end, ms: performance.now() - begun });
    };
    const timer = setTimeout(() => finish('open'), patienceMs);
    socket.on('data', (part: Buffer) => {
      parts.push(part);
      if (Number.isFinite(enough) && readAnswers(Buffer.concat(parts)).length >= enough) finish('open');
    });
    // A server that answers before it has read everything may cut the line under our hands.
    socket.on('error', () => {});
    socket.on('close', () => finish('closed'));
    for (const one of [bytes].flat()) socket.write(one);
  });
}

/** One request, its one answer. @throws when there was none */
export async function ask(origin: string, target: string, sent: Sent = {}): Promise<Answer & { ms: number }> {
  const { answers, end, ms } = await exchange(origin, request(target, sent));
  const [answer] = answers;
  if (!answer) throw new Error(`no answer to ${sent.method ?? 'GET'} ${target.slice(0, 80)} (${end})`);
  return { ...answer, ms };
}

/** A form as a browser posts it; `body` as it stands, escapes and all. */
export const form = (body: string, headers: HeaderValues = {}): Sent => ({
  method: 'POST',
  body,
  headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
});

/** The body cut into chunks, without a length in front. */
export function chunked(body: string, size = 65_536): string {
  const chunks: string[] = [];
  for (let at = 0; at < body.length; at += size) {
    const part = body.slice(at, at + size);
    chunks.push(`${part.length.toString(16)}\r\n${part}\r\n`);
  }
  return `${chunks.join('')}0\r\n\r\n`;
}

/** The complete answers in these bytes. */
function readAnswers(bytes: Buffer): Answer[] {
  const answers: Answer[] = [];
  let rest = bytes.toString('latin1');
  for (;;) {
    const match = /^HTTP\/1\.[01] (\d{3})[^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n/.exec(rest);
    if (!match) return answers;
    const headers: Record<string, string> = {};
    const cookies: string[] = [];
    for (const line of match[2]!.split('\r\n').filter(Boolean)) {
      const at = line.indexOf(':');
      const name = line.slice(0, at).toLowerCase();
      const value = line.slice(at + 1).trim();
      if (name === 'set-cookie') cookies.push(value);
      else headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
    }
    rest = rest.slice(match[0].length);
    const status = Number(match[1]);
    if (status === 100) continue;
    const { body, length } = readBody(headers, rest);
    answers.push({ status, headers, cookies, body: Buffer.from(body, 'latin1').toString('utf8') });
    rest = rest.slice(length);
  }
}

function readBody(headers: Record<string, string>, rest: string): { body: string; length: number } {
  if (headers['transfer-encoding'] === 'chunked') {
    let body = '';
    let at = 0;
    for (;;) {
      const size = /^([0-9a-f]+)\r\n/i.exec(rest.slice(at, at + 20));
      if (!size) return { body, length: rest.length };
      at += size[0].length;
      const long = Number.parseInt(size[1]!, 16);
      body += rest.slice(at, at + long);
      at += long + 2;
      if (long === 0) return { body, length: at };
    }
  }
  const length = headers['content-length'];
  // An answer to HEAD has a length and no body; it is the last one then.
  const long = length === undefined ? rest.length : Number(length);
  return { body: rest.slice(0, long), length: Math.min(long, rest.length) };
}
