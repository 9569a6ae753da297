/** An OpenLDAP of a test's own: in a temporary folder, on free ports, gone when it is closed. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certify } from './certificate.ts';
import { freePort } from './server.ts';

const PROGRAM = '/usr/sbin/slapd';
const SCHEMA = '/etc/ldap/schema';

export const slapdHere = existsSync(PROGRAM);
if (!slapdHere && process.env.CI) throw new Error('CI must test with slapd, but it is not installed');
if (!slapdHere) console.warn('NOT TESTED HERE: LDAP directories as a source; slapd is not installed');

export const BASE = 'dc=example,dc=cn';
export const ADMIN = `cn=admin,${BASE}`;
export const ADMIN_PASSWORD = 'p#ss: word';

export interface Slapd {
  /** As an operator would write it: address, user and password. */
  access(scheme: 'ldap' | 'ldaps', more?: string): string;
  /** The PEM file of the authority that signed its certificate. */
  ca: string;
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

/** Starts one with these entries (LDIF). */
export async function startSlapd(ldif: string, more = ''): Promise<Slapd> {
  const folder = mkdtempSync(join(tmpdir(), 'yihao-slapd-'));
  const file = (name: string) => join(folder, name);
  certify(folder);
  mkdirSync(file('data'));
  writeFileSync(
    file('slapd.conf'),
    [
      ...['core', 'cosine', 'inetorgperson'].map((name) => `include ${SCHEMA}/${name}.schema`),
      'modulepath /usr/lib/ldap',
      'moduleload back_mdb',
      `TLSCACertificateFile ${file('ca.pem')}`,
      `TLSCertificateFile ${file('server.pem')}`,
      `TLSCertificateKeyFile ${file('server.key')}`,
      'database mdb',
      'maxsize 1073741824',
      `suffix "${BASE}"`,
      `rootdn "${ADMIN}"`,
      `rootpw "${ADMIN_PASSWORD}"`,
      `directory ${file('data')}`,
      more,
      '',
    ].join('\n'),
  );
  writeFileSync(file('tree.ldif'), ldif);
  const added = spawnSync('/usr/sbin/slapadd', ['-q', '-f', file('slapd.conf'), '-l', file('tree.ldif')]);
  if (added.status !== 0) throw new Error(`no directory could be made: ${added.stderr}`);
  for (;;) {
    const [port, securePort] = [await freePort(), await freePort()];
    const urls = `ldap://127.0.0.1:${port} ldaps://127.0.0.1:${securePort}`;
    const child = spawn(PROGRAM, ['-f', file('slapd.conf'), '-h', urls, '-d', '256'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (data) => {
      if (said.length < 100_000) said += data;
    });
    const gone = new Promise<void>((resolve) => child.on('close', () => resolve()));
    while (!said.includes('slapd starting') && child.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 20));
    if (!said.includes('slapd starting')) {
      await gone;
      // Somebody else took the port between our choosing it and its taking it.
      if (said.includes('bind')) continue;
      throw new Error(`slapd did not start: ${said}`);
    }
    return {
      access: (scheme, lines = '') =>
        [
          `url: ${scheme}://localhost:${scheme === 'ldap' ? port : securePort}`,
          `user: ${ADMIN}`,
          `password: "${ADMIN_PASSWORD}"`,
          lines,
        ].join('\n'),
      ca: file('ca.pem'),
      freeze: () => void child.kill('SIGSTOP'),
      thaw: () => void child.kill('SIGCONT'),
      async close() {
        child.kill('SIGKILL');
        await gone;
        rmSync(folder, { recursive: true, force: true });
      },
    };
  }
}
