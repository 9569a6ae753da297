/** Certificates for servers that tests start. */
import { spawnSync } from 'node:child_process';

/** Writes an authority (`ca.pem`) and a certificate for localhost from it (`server.pem`, `server.key`) into a folder. */
export function certify(folder: string): void {
  const run = (...args: string[]) => {
    const done = spawnSync('openssl', args, { cwd: folder });
    if (done.status !== 0) throw new Error(`openssl: ${done.stderr}`);
  };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  run('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Test authority');
  run(
    ...['req', '-x509', ...key, '-keyout', 'server.key', '-out', 'server.pem', '-subj', '/CN=localhost'],
    ...['-CA', 'ca.pem', '-CAkey', 'ca.key', '-addext', 'subjectAltName=DNS:localhost'],
  );
}
