/** A node as it runs in production: a process of its own, that can be killed at any moment and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { freePort } from './server.ts';

const ROOT = join(import.meta.dirname, '../..');
const READY = 'Stop with Ctrl+C';
const PATIENCE_MS = 60_000;

export interface NodeProcess {
  /** Where it listens now; a start may move it when somebody else took the port meanwhile. */
  readonly port: number;
  readonly up: boolean;
  /** Everything it has said, over all its lives. */
  said(): string;
  /** Starts it and waits until it takes requests. @throws with what it said when it ends instead */
  start(): Promise<void>;
  /** Begins a start without waiting for its end: for killing it in the middle. */
  begin(): Promise<void>;
  /** kill -9; resolves when the process is gone. */
  kill(): Promise<void>;
}

/** A node of an installation in trial mode, not yet started. */
export async function makeNode(env: Record<string, string>): Promise<NodeProcess> {
  let port = await freePort();
  let child: ChildProcess | undefined;
  let gone: Promise<void> = Promise.resolve();
  let before = '';
  let out = '';
  let up = false;

  function spawnIt(): void {
    before += out;
    out = '';
    const own = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', PORT: String(port) };
    const started = spawn(process.execPath, ['src/main.ts'], { cwd: ROOT, env: { ...own, ...env } });
    child = started;
    for (const stream of [started.stdout, started.stderr])
      stream.on('data', (data) => {
        out += data;
      });
    gone = new Promise((resolve) =>
      started.on('close', () => {
        if (child === started) child = undefined;
        up = false;
        resolve();
      }),
    );
  }

  async function untilReady(): Promise<void> {
    const giveUp = Date.now() + PATIENCE_MS;
    while (!out.includes(READY)) {
      if (!child) {
        if (!out.includes('is in use'))
          throw new Error(`a node did not start; it said: ${out.slice(-2_000)}`);
        port = await freePort();
        spawnIt();
      }
      if (Date.now() > giveUp) throw new Error(`a node did not come up; it said: ${out.slice(-2_000)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    up = true;
  }

  return {
    get port() {
      return port;
    },
    get up() {
      return up;
    },
    said: () => before + out,
    async start() {
      await gone;
      spawnIt();
      await untilReady();
    },
    async begin() {
      await gone;
      spawnIt();
    },
    async kill() {
      up = false;
      child?.kill('SIGKILL');
      await gone;
    },
  };
}
