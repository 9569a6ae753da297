/** An application that knows how to speak, so that what is refused is refused for its lie alone. */
import { expect } from 'vitest';
import { type Department, registerDepartment } from '../journeys/department.ts';
import type { RunningYihao } from '../support/server.ts';
import { expectClear } from './judge.ts';
import { jws, publicJwk, soon } from './jwt.ts';
import { type Answer, ask, form } from './raw.ts';

const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** Where an application proves itself. */
export const PROVING = ['/oauth/token', '/oauth/introspect', '/oauth/revoke', '/oauth/par'];

export interface Application {
  department: Department;
  /** Posts to a door of the provider; nothing is added but what a program accepts. */
  post(
    path: string,
    body: string | Record<string, string>,
    headers?: Record<string, string>,
  ): Promise<Answer & { ms: number }>;
  /** Its secret, for the header. */
  secret(): { Authorization: string };
  /** Header and payload of an assertion of its own, new each time. */
  assertion(): { header: object; payload: Record<string, unknown> };
  /** Asks for a token of its own with this assertion. */
  present(assertion: string, path?: string, more?: Record<string, string>): Promise<Answer & { ms: number }>;
}

export async function openApplication(
  { origin, yihao }: RunningYihao,
  more: Record<string, unknown> = {},
): Promise<Application> {
  const grants = ['authorization_code', 'refresh_token', 'client_credentials'];
  const department = await registerDepartment(yihao.clients, { grant_types: grants, ...more });
  const { clientId } = department;
  const post: Application['post'] = (path, body, headers = {}) => {
    const text = typeof body === 'string' ? body : String(new URLSearchParams(body));
    return ask(origin, path, form(text, { Accept: 'application/json', ...headers }));
  };
  return {
    department,
    post,
    secret: () => ({
      Authorization: `Basic ${Buffer.from(`${clientId}:${department.secret}`).toString('base64')}`,
    }),
    assertion: () => ({
      header: { alg: 'ES256', kid: 'one' },
      payload: { iss: clientId, sub: clientId, aud: origin, ...soon() },
    }),
    present: (assertion, path = '/oauth/token', fields = {}) =>
      post(path, {
        grant_type: 'client_credentials',
        token: 'x',
        client_assertion_type: ASSERTION,
        client_assertion: assertion,
        ...fields,
      }),
  };
}

/** What makes an application prove itself with a key. */
export const WITH_KEY = {
  token_endpoint_auth_method: 'private_key_jwt',
  jwks: { keys: [{ ...publicJwk, use: 'sig', alg: 'ES256', kid: 'one' }] },
};

/** The application's own assertion, with changes of the payload. */
export const signed = (application: Application, changes: object = {}): string => {
  const { header, payload } = application.assertion();
  return jws(header, { ...payload, ...changes });
};

/** Refused with a code of the protocol, and nothing was given out. */
export function expectRefused(what: string, answer: Answer): void {
  const told = `${what} → ${answer.status} ${answer.body.slice(0, 300)}`;
  expectClear(what, answer);
  expect([400, 401, 403], told).toContain(answer.status);
  const {
    error,
    error_description: description,
    ...more
  } = JSON.parse(answer.body) as Record<string, unknown>;
  expect([typeof error, typeof description, more], told).toEqual(['string', 'string', {}]);
  expect(answer.headers['cache-control'], told).toBe('no-store');
}
