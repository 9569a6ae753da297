/** Runs one of docs/integration.md's websites as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';

export interface Website {
  origin: string;
  close(): Promise<void>;
}

export interface WebsiteInput {
  command: string[];
  issuer: string;
  clientId: string;
  secret: string;
  port: number;
}

const PATIENCE_MS = 20_000;

/** Starts it and waits until it answers. @throws with what it wrote when it ends or stays silent */
export async function startWebsite(input: WebsiteInput): Promise<Website> {
  const [program = '', ...rest] = input.command;
  const child = spawn(program, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      YIHAO_ISSUER: input.issuer,
      CLIENT_ID: input.clientId,
      CLIENT_SECRET: input.secret,
      PORT: String(input.port),
    },
  });
  let written = '';
  child.stdout.on('data', (chunk: Buffer) => {
    written += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    written += chunk.toString();
  });
  child.once('error', (error) => {
    written += error.message;
  });
  const origin = `http://localhost:${input.port}`;
  const until = Date.now() + PATIENCE_MS;
  while (!(await answers(origin))) {
    if (child.exitCode !== null || Date.now() > until) {
      await end(child);
      throw new Error(`${input.command.join(' ')} does not answer: ${written.slice(-2_000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { origin, close: () => end(child) };
}

const answers = (origin: string): Promise<boolean> =>
  fetch(origin).then(
    () => true,
    () => false,
  );

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  // Asked first, so that one with children of its own takes them along.
  child.kill('SIGTERM');
  const impatient = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await gone;
  clearTimeout(impatient);
}
