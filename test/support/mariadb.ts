/** A MariaDB of a test's own: in a temporary folder, on a free port, gone when it is closed. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { certify } from './certificate.ts';
import { freePort } from './server.ts';

const PROGRAM = '/usr/sbin/mariadbd';
const INSTALL = 'mariadb-install-db';

export const mariadbHere = spawnSync(PROGRAM, ['--version']).status === 0;
if (!mariadbHere && process.env.CI) throw new Error('CI must test with MariaDB, but it is not installed');
if (!mariadbHere) console.warn('NOT TESTED HERE: MariaDB as a source; mariadbd is not installed');

export interface MariaDb {
  port: number;
  /** The PEM file of the authority that signed its certificate. */
  ca: string;
  /** Where a user who may only read gets to a database. */
  url(database: string): string;
  /** Runs a statement as root. */
  run(statement: string, values?: unknown[]): Promise<unknown>;
  /** Falls silent, as a machine that hangs does; `thaw` wakes it. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

/** Password of the user `reader`, with what a URL has to encode. */
export const READER_PASSWORD = 'r@d/er:1#';

export async function startMariaDb(): Promise<MariaDb> {
  const folder = mkdtempSync(join(tmpdir(), 'yihao-mariadb-'));
  const data = join(folder, 'data');
  certify(folder);
  const made = spawnSync(INSTALL, [
    ...['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db'],
    ...(process.getuid?.() === 0 ? ['--user=root'] : []),
  ]);
  if (made.status !== 0) throw new Error(`no MariaDB could be made: ${made.stderr}`);
  for (;;) {
    const port = await freePort();
    const child = spawn(
      PROGRAM,
      [
        ...['--no-defaults', `--datadir=${data}`, `--port=${port}`, '--bind-address=127.0.0.1'],
        ...[
          `--socket=${join(folder, 's')}`,
          `--ssl-cert=${join(folder, 'server.pem')}`,
          `--ssl-key=${join(folder, 'server.key')}`,
          `--pid-file=${join(folder, 'pid')}`,
          '--innodb-flush-log-at-trx-commit=0',
        ],
        ...(process.getuid?.() === 0 ? ['--user=root'] : []),
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let said = '';
    child.stderr.on('data', (data) => {
      said += data;
    });
    const gone = new Promise<void>((resolve) => child.on('close', () => resolve()));
    while (!/ready for connections|Aborting/.test(said) && child.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 20));
    if (!said.includes('ready for connections')) {
      child.kill('SIGKILL');
      await gone;
      // Somebody else took the port between our choosing it and its taking it.
      if (said.includes('Address already in use')) continue;
      throw new Error(`MariaDB did not start: ${said}`);
    }
    const root = await mysql.createConnection({
      socketPath: join(folder, 's'),
      user: 'root',
      charset: 'utf8mb4',
    });
    await root.query('CREATE USER reader IDENTIFIED BY ?', [READER_PASSWORD]);
    return {
      port,
      ca: join(folder, 'ca.pem'),
      url: (database) =>
        `mysql://reader:${encodeURIComponent(READER_PASSWORD)}@127.0.0.1:${port}/${database}`,
      run: async (statement, values = []) => (await root.query(statement, values))[0],
      freeze: () => void child.kill('SIGSTOP'),
      thaw: () => void child.kill('SIGCONT'),
      async close() {
        root.destroy();
        child.kill('SIGKILL');
        await gone;
        rmSync(folder, { recursive: true, force: true });
      },
    };
  }
}
