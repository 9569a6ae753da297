/** Redis servers of a test's own, set as it wants them. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../support/server.ts';
import { until } from './until.ts';

export const redisHere = spawnSync('redis-server', ['--version']).status === 0;
if (!redisHere && process.env.CI) throw new Error('CI must test with redis-server, but it is not installed');

export interface RedisServer {
  port: number;
  /** Falls silent, as a machine that hangs does: connections are still taken. */
  freeze(): void;
  close(): Promise<void>;
}

/** Starts one in `folder`; `settings` are lines of its configuration, in words. */
export async function startRedis(
  folder: string,
  settings: string[][],
  flags: string[] = [],
): Promise<RedisServer> {
  for (;;) {
    const port = await freePort();
    const own = mkdtempSync(join(folder, 'redis-'));
    const file = join(own, 'redis.conf');
    const lines = [['port', String(port)], ['bind', '127.0.0.1'], ['dir', own], ...settings];
    writeFileSync(file, lines.map((words) => words.join(' ')).join('\n'));
    const child = spawn('redis-server', [file, ...flags], { stdio: ['ignore', 'pipe', 'ignore'] });
    let said = '';
    child.stdout.on('data', (data) => {
      said += data;
    });
    const gone = new Promise<void>((resolve) => child.on('close', () => resolve()));
    await until(
      () => /Ready to accept connections|Sentinel ID|Failed|FATAL/.test(said) || child.exitCode !== null,
      'Redis',
    );
    const freeze = () => void child.kill('SIGSTOP');
    const close = () => {
      child.kill('SIGKILL');
      return gone;
    };
    if (/Ready to accept connections|Sentinel ID/.test(said)) return { port, freeze, close };
    await close();
    // Somebody else took the port between our choosing it and its taking it.
    if (!/Failed listening|Could not create server TCP/.test(said))
      throw new Error(`Redis did not start: ${said}`);
  }
}
