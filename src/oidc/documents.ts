/**
 * Discovery and keys as finished bytes: they are the same for everybody until the keys change, so they are made
 * once per provider and answered without it.
 */
import { hash } from 'node:crypto';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type Provider from 'oidc-provider';
import { PATHS } from './paths.ts';

const DOCUMENTS = new Set([
  ...['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'],
  PATHS.jwks,
]);
/** Applications refresh their keys at least this often, so a new key is published that long before it signs. */
export const DOCUMENT_MAX_AGE_SECONDS = 300;
const CACHE_CONTROL = `public, max-age=${DOCUMENT_MAX_AGE_SECONDS}`;

interface Document {
  body: Buffer;
  etag: string;
  /** Names and values in turn, as they go out. */
  headers: string[];
}

export type Documents = ReadonlyMap<string, Document>;

/** Whether {@link answerDocument} answers this request. */
export const isForDocument = ({ method, url = '' }: IncomingMessage): boolean =>
  (method === 'GET' || method === 'HEAD') && DOCUMENTS.has(pathOf(url));

/** Lets the provider render them once. */
export async function renderDocuments(provider: Provider, issuer: string): Promise<Documents> {
  const documents = new Map<string, Document>();
  for (const path of DOCUMENTS) {
    const body = await render(provider, issuer, path);
    const etag = `"${hash('sha256', body, 'base64url').slice(0, 27)}"`;
    const type = path === PATHS.jwks ? 'application/jwk-set+json' : 'application/json';
    const headers = [
      ...['Content-Type', `${type}; charset=utf-8`],
      ...['Content-Length', String(body.length)],
      ...['Cache-Control', CACHE_CONTROL],
      ...['ETag', etag],
      ...['Access-Control-Allow-Origin', '*'],
      ...['Cross-Origin-Resource-Policy', 'cross-origin'],
      ...['X-Content-Type-Options', 'nosniff'],
    ];
    documents.set(path, { body, etag, headers });
  }
  return documents;
}

/** Answers one of the documents; false when the request is for something else. */
export function answerDocument(
  documents: Documents,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const document = isForDocument(request) ? documents.get(pathOf(request.url ?? '')) : undefined;
  if (!document) return false;
  const id = request.id === undefined ? [] : ['X-Request-Id', request.id];
  if (request.headers['if-none-match'] === document.etag) {
    response.writeHead(304, [...id, 'ETag', document.etag, 'Cache-Control', CACHE_CONTROL]);
    response.end();
    return true;
  }
  response.writeHead(200, [...id, ...document.headers]);
  response.end(request.method === 'HEAD' ? undefined : document.body);
  return true;
}

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

async function render(provider: Provider, issuer: string, path: string): Promise<Buffer> {
  const { host, protocol } = new URL(issuer);
  const request = new IncomingMessage(new Socket());
  request.method = 'GET';
  request.url = path;
  request.headers = {
    host,
    'x-forwarded-host': host,
    'x-forwarded-proto': protocol.slice(0, -1),
    accept: 'application/json',
  };
  const response = new ServerResponse(request);
  const body = new Promise<Buffer>((done) => {
    response.end = ((chunk: string | Buffer) => {
      done(Buffer.from(chunk));
      return response;
    }) as typeof response.end;
  });
  await provider.callback()(request, response);
  if (response.statusCode !== 200) throw new Error(`the provider answers ${response.statusCode} for ${path}`);
  return body;
}
