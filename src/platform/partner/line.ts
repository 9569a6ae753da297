/** One signed HTTP exchange with a partner: no redirect, no more than so many bytes, no longer than so long. */
import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Clock } from '../clock.ts';
import { answerIsGenuine, HEADER, type SharedKey, signRequest } from './signature.ts';

/**
 * Why there is no answer.
 * - network, timeout, unwell (5xx): may pass, so asking again makes sense;
 * - declined: a genuine 4xx; the partner is well and will not have this question;
 * - refused: any other status without a genuine signature, such as 401 for our clock or key, or a redirect;
 * - forged (200 with a wrong signature or none), malformed, too-large;
 * - nothing was sent: open (the partner is left alone), busy (too many at once), late (no time for a whole try).
 */
export type PartnerFault =
  | 'network'
  | 'timeout'
  | 'unwell'
  | 'declined'
  | 'refused'
  | 'forged'
  | 'malformed'
  | 'too-large'
  | 'open'
  | 'busy'
  | 'late';

const PASSING: readonly PartnerFault[] = ['network', 'timeout', 'unwell'];

export class PartnerError extends Error {
  readonly fault: PartnerFault;
  constructor(fault: PartnerFault) {
    super(`partner: ${fault}`);
    this.name = 'PartnerError';
    this.fault = fault;
  }
  /** Whether asking again may cure it. */
  get passing(): boolean {
    return PASSING.includes(this.fault);
  }
}

export interface Line {
  /** The parsed JSON of a genuine 200. @throws PartnerError otherwise */
  ask(question: Question): Promise<unknown>;
  close(): void;
}

export interface Question {
  method: 'GET' | 'POST';
  /** Below the partner's url, with a leading slash. */
  path: string;
  body?: object;
}

export function openLine(
  base: URL,
  key: SharedKey,
  limits: { attemptMs: number; answerBytes: number; atOnce: number },
  clock: Clock,
): Line {
  const secure = base.protocol === 'https:';
  const options = { keepAlive: true, maxSockets: limits.atOnce, maxFreeSockets: limits.atOnce };
  const agent = secure ? new HttpsAgent(options) : new HttpAgent(options);
  const folder = base.pathname.replace(/\/$/, '');
  return {
    close: () => agent.destroy(),
    async ask({ method, path: below, body: content }) {
      const body = Buffer.from(content === undefined ? '' : JSON.stringify(content), 'utf8');
      const path = folder + below;
      const signed = signRequest(key, { method, path, body }, clock.now());
      const open = () =>
        (secure ? httpsRequest : httpRequest)({
          agent,
          protocol: base.protocol,
          // URL keeps the brackets of an IPv6 address; a socket wants it without.
          hostname: base.hostname.replace(/^\[|\]$/g, ''),
          port: base.port,
          method,
          path,
          headers: {
            ...signed,
            accept: 'application/json',
            'content-length': body.length,
            ...(content === undefined ? {} : { 'content-type': 'application/json' }),
          },
        });
      const answer = await exchange(open, body, limits);
      if (answer.status >= 500) throw new PartnerError('unwell');
      const genuine = answerIsGenuine(key, signed[HEADER.nonce]!, answer);
      if (answer.status !== 200)
        throw new PartnerError(genuine && answer.status >= 400 ? 'declined' : 'refused');
      if (!genuine) throw new PartnerError('forged');
      return parseJson(answer.body);
    },
  };
}

interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

function exchange(
  open: () => ClientRequest,
  body: Buffer,
  limits: { attemptMs: number; answerBytes: number },
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const request = open();
    const fail = (error: PartnerError) => {
      clearTimeout(timer);
      reject(error);
      request.destroy();
    };
    // Covers everything from the look-up of the name to the last byte; socket timeouts only see silence.
    const timer = setTimeout(() => fail(new PartnerError('timeout')), limits.attemptMs);
    request.on('error', () => fail(new PartnerError('network')));
    request.on('response', (response) => {
      readAll(response, limits.answerBytes).then((read) => {
        clearTimeout(timer);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: read });
      }, fail);
    });
    request.end(body);
  });
}

async function readAll(response: IncomingMessage, most: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      size += part.length;
      if (size > most) break;
      parts.push(part);
    }
  } catch {
    throw new PartnerError('network');
  }
  if (size > most) throw new PartnerError('too-large');
  return Buffer.concat(parts);
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new PartnerError('malformed');
  }
}
