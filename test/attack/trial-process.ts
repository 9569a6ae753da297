/** The real thing: `node src/main.ts` in trial mode as a process of its own, with its departments and its register. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../support/server.ts';

const ROOT = join(import.meta.dirname, '../..');
const READY = 'Stop with Ctrl+C';
const PATIENCE_MS = 60_000;

export interface TrialProcess {
  pid: number;
  origin: string;
  /** Where the sample department of social insurance wants its answers, and how it proves itself. */
  department: { clientId: string; secret: string; redirectUri: string };
  /** The stand-in register. */
  register: string;
  folder: string;
  /** Everything it has written. */
  said(): string;
  /** Asks it to stop and waits for its end. */
  stop(): Promise<void>;
  /** Also removes its folder. */
  close(): Promise<void>;
}

export async function startTrial(more: Record<string, string> = {}): Promise<TrialProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'yihao-attack-'));
  const giveUp = Date.now() + PATIENCE_MS;
  for (;;) {
    // It takes this port and the three that follow; another test may have one of them.
    const port = await freePort();
    const env = {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '',
      PORT: String(port),
      YIHAO_DATA_FOLDER: folder,
      YIHAO_OBSERVE__INTERNAL_PORT: '0',
      ...more,
    };
    const child = spawn(process.execPath, ['src/main.ts'], { cwd: ROOT, env });
    let out = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data) => {
        out += data;
      });
    let ended = false;
    const end = new Promise<void>((resolve) =>
      child.on('close', () => {
        ended = true;
        resolve();
      }),
    );
    while (!out.includes(READY) && !ended && Date.now() < giveUp)
      await new Promise((resolve) => setTimeout(resolve, 50));
    if (ended && out.includes('is in use') && Date.now() < giveUp) continue;
    if (!out.includes(READY)) {
      child.kill('SIGKILL');
      throw new Error(`the trial server did not start; it said: ${out.slice(-2_000)}`);
    }
    const stop = async () => {
      child.kill('SIGTERM');
      await end;
    };
    return {
      pid: child.pid!,
      origin: `http://localhost:${port}`,
      department: {
        clientId: 'social-insurance',
        secret: 'trial-only-secret-of-the-social-insurance-sample',
        redirectUri: `http://localhost:${port + 1}/callback`,
      },
      register: `http://127.0.0.1:${port + 3}`,
      folder,
      said: () => out,
      stop,
      async close() {
        await stop();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  }
}
