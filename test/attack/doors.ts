/** Every door of the server, read from the tables that open them, so that a new one is attacked from its first day. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PATHS } from '../../src/oidc/paths.ts';

export interface Road {
  method: 'GET' | 'POST';
  /** With the places of ids filled in. */
  path: string;
}

const SRC = join(import.meta.dirname, '../../src');
const TABLES = ['interactions/routes.ts', 'profile/profile.ts'];

/** The doors of the pages; `uid` names the authorization. */
export function pageDoors(uid = 'nobody'): Road[] {
  const found = TABLES.flatMap((file) => {
    const text = readFileSync(join(SRC, file), 'utf8');
    return [...text.matchAll(/page\('(GET|POST)\s+(\/[^']*)'/g)].map(([, method, path]) => ({
      method: method as Road['method'],
      path: path!.replace(':uid', uid).replace(':step', 'no-such-step').replace(':part', 'no-such-part'),
    }));
  });
  // 25 doors below /interaction and 9 of the citizen's own, when this was written.
  if (found.length < 30) throw new Error(`only ${found.length} doors are found in ${TABLES.join(', ')}`);
  return found;
}

const POSTED: (keyof typeof PATHS)[] = [
  'token',
  'introspection',
  'revocation',
  'pushed_authorization_request',
];

/** The doors of the OpenID Provider. */
export const providerDoors: Road[] = [
  ...Object.entries(PATHS).map(([name, path]): Road => {
    const posted = POSTED.includes(name as keyof typeof PATHS);
    return { method: posted ? 'POST' : 'GET', path };
  }),
  { method: 'POST', path: PATHS.userinfo },
  { method: 'POST', path: `${PATHS.end_session}/confirm` },
  { method: 'GET', path: `${PATHS.end_session}/success` },
  { method: 'GET', path: `${PATHS.authorization}/nobody` },
  { method: 'GET', path: '/.well-known/openid-configuration' },
  { method: 'GET', path: '/.well-known/oauth-authorization-server' },
];

/** The doors of departments' servers. */
export function programDoors(): Road[] {
  const text = readFileSync(join(SRC, 'departments/departments.ts'), 'utf8');
  const found = [...text.matchAll(/ask\('(GET|POST)\s+(\/[^']*)'/g)];
  if (found.length < 3) throw new Error(`only ${found.length} doors of departments' servers are found`);
  return found.map(([, method, path]) => ({ method: method as Road['method'], path: path! }));
}

/** What is no door at all. */
export const noDoors: Road[] = [
  { method: 'GET', path: '/no-such-page' },
  { method: 'POST', path: '/no-such-page' },
  { method: 'GET', path: '/oauth/no-such-door' },
  { method: 'POST', path: '/oauth/no-such-door' },
  { method: 'GET', path: '/assets/no-such.css' },
  { method: 'GET', path: '/.well-known/no-such' },
  { method: 'GET', path: '/api/no-such' },
  { method: 'POST', path: '/api/no-such' },
];

export const allDoors = (uid?: string): Road[] => [
  ...pageDoors(uid),
  ...providerDoors,
  ...programDoors(),
  ...noDoors,
];
