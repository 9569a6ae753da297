/**
 * Answers what never becomes a request: bytes that are no HTTP, headers without end, senders who fall asleep,
 * CONNECT. No language can be read from it, so the answer speaks all of ours, in plain text.
 */
import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { LANGUAGES } from '../page/language.ts';
import { describeFailure, type Pages } from '../page/render.ts';
import { makeRequestId } from './context.ts';

interface Unreadable {
  code: string;
  status: number;
  words: string;
  params?: Record<string, number>;
}

const MALFORMED: Unreadable = { code: 'request-malformed', status: 400, words: 'Bad Request' };
const CONNECT: Unreadable = { code: 'method-not-allowed', status: 405, words: 'Method Not Allowed' };

/** By the codes of node's own errors. */
const KINDS: Record<string, Unreadable> = {
  HPE_HEADER_OVERFLOW: {
    code: 'form-too-large',
    status: 431,
    words: 'Request Header Fields Too Large',
    params: { kilobytes: 16 },
  },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: {
    code: 'form-too-large',
    status: 413,
    words: 'Content Too Large',
    params: { kilobytes: 16 },
  },
  ERR_HTTP_REQUEST_TIMEOUT: { code: 'form-broken-off', status: 408, words: 'Request Timeout' },
};

export function answerUnreadable(server: Server, { pages, log }: { pages: Pages; log: Logger }): void {
  const refuse = (socket: Duplex, { code, status, words, params }: Unreadable): void => {
    const reference = makeRequestId();
    log.info({ requestId: reference, status }, 'no request could be read');
    const said = LANGUAGES.map((language) => {
      const failure = { code, status, ...(params ? { params } : {}) };
      const { title, next } = describeFailure(pages.texts, pages.wording, language, failure);
      return `${title}\n${next}\n`;
    });
    const body = `${said.join('\n')}\n${reference}\n`;
    const head = [
      `HTTP/1.1 ${status} ${words}`,
      'Connection: close',
      'Cache-Control: no-store',
      'Content-Type: text/plain; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Request-Id: ${reference}`,
      'X-Content-Type-Options: nosniff',
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  };

  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // Into the middle of another answer nothing can be written.
    const answering = (socket as { _httpMessage?: { headersSent: boolean } })._httpMessage?.headersSent;
    if (!socket.writable || answering || error.code === 'ECONNRESET') socket.destroy();
    else refuse(socket, KINDS[error.code ?? ''] ?? MALFORMED);
  });
  server.on('connect', (_request, socket) => refuse(socket, CONNECT));
}
