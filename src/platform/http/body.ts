/** Bodies of requests, up to a bound. */
import type { IncomingMessage } from 'node:http';
import { Refused } from '../failure.ts';

/**
 * Collects at most the limit. The stream is not destroyed: Node drains the rest after the answer, so that the
 * person sees the 413 page instead of a lost connection.
 * @throws Refused `form-too-large` 413, `form-broken-off` 400
 */
export async function readBody(request: IncomingMessage, most: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] || 0) > most) throw tooLarge(most);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > most) break;
      chunks.push(chunk);
    }
  } catch {
    throw new Refused({ code: 'form-broken-off', status: 400 });
  }
  if (size > most) throw tooLarge(most);
  return Buffer.concat(chunks);
}

const tooLarge = (most: number) =>
  new Refused({ code: 'form-too-large', status: 413, params: { kilobytes: Math.floor(most / 1024) } });

/** What the body is said to be, without parameters. */
export const mediaType = (header: string): string => header.split(';', 1)[0]!.trim().toLowerCase();
