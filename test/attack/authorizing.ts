/** Authorization requests written by hand, and somebody who is signed in to send them. */
import { expect } from 'vitest';
import { enrol, signIn } from '../journeys/citizen.ts';
import { authorizationQuery, type Department, registerDepartment } from '../journeys/department.ts';
import { HtmlClient } from '../support/html-client.ts';
import type { RunningYihao } from '../support/server.ts';
import { expectClear } from './judge.ts';
import { type Answer, ask } from './raw.ts';
import { TEXTS } from './rubbish.ts';

/** As it stands in a query, escaped or not. */
export const ODD = [
  ...TEXTS.map((text) => encodeURIComponent(text.toWellFormed())),
  ...['%00', 'a%00b', '%ed%a0%80', '%ff%fe', '%', '%zz', '%u4e00'],
].filter((text) => text.length < 8_000);

export interface Authorizing {
  department: Department;
  /** Of somebody who is signed in and has agreed. */
  Cookie: string;
  /** The usual request with some parameters as they are written here, escapes and all; by a stranger unless told. */
  authorize(changes: Record<string, string | undefined>, headers?: Record<string, string>): Promise<Answer>;
  /** A clear page, or on to the registered address, or to our own pages; nowhere else. */
  expectAtHome(what: string, answer: Answer): void;
}

export async function openAuthorizing({ origin, yihao }: RunningYihao): Promise<Authorizing> {
  const department = await registerDepartment(yihao.clients);
  const client = new HtmlClient(origin);
  await signIn(client, await client.get('/account'), (await enrol(yihao)).number);
  const consent = await client.get(`/oauth/authorize?${authorizationQuery(department).query}`);
  await client.submit(consent, {}, { button: 'decision=allow', until: department.origin });
  const session = ['yihao_session', 'yihao_session.sig'];
  return {
    department,
    Cookie: session.map((name) => `${name}=${client.cookie(name)}`).join('; '),
    authorize(changes, headers = {}) {
      const { query } = authorizationQuery(department);
      for (const name of Object.keys(changes)) query.delete(name);
      const more = Object.entries(changes).filter(([, value]) => value !== undefined);
      const all = [String(query), ...more.map(([name, value]) => `${name}=${value}`)].join('&');
      return ask(origin, `/oauth/authorize?${all}`, { headers: { 'Accept-Language': 'en', ...headers } });
    },
    expectAtHome(what, answer) {
      expectClear(what, answer, { language: 'en', planted: '<script>a' });
      expect(answer.cookies.join(), what).not.toContain('planted');
      const { location } = answer.headers;
      if (location === undefined) return expect([200, 400], what).toContain(answer.status);
      const to = new URL(location, origin);
      const home =
        to.origin === department.origin
          ? `${to.origin}${to.pathname}` === department.redirectUri
          : to.origin === origin;
      expect(home, `${what} → ${location.slice(0, 200)}`).toBe(true);
      expect(location, what).toMatch(/^[\x21-\x7e]*$/);
    },
  };
}
