/**
 * Requests as a browser makes them when a person follows a link or sends a form. fetch says of itself
 * "Sec-Fetch-Mode: cors" and cannot be told otherwise; software at departments answers 401 to that, not a redirect.
 */
import { request } from 'node:http';
import { HtmlClient } from '../support/html-client.ts';

const NAVIGATION = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-fetch-site': 'none' };

const navigate = ((address: URL, { method, headers, body }: RequestInit) =>
  new Promise<Response>((resolve, reject) => {
    const asked = request(
      address,
      { method, agent: false, headers: { ...(headers as Record<string, string>), ...NAVIGATION } },
      (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('error', reject);
        answer.on('end', () => {
          const said = new Headers();
          for (let at = 0; at < answer.rawHeaders.length; at += 2)
            said.append(answer.rawHeaders[at]!, answer.rawHeaders[at + 1]!);
          const { statusCode: status = 0 } = answer;
          resolve(new Response(status === 204 ? null : Buffer.concat(parts), { status, headers: said }));
        });
      },
    );
    asked.on('error', reject);
    asked.end(body);
  })) as typeof fetch;

/** A visitor whose every step is a navigation. */
export const openVisitor = (origin: string): HtmlClient => new HtmlClient(origin, {}, navigate);
