/**
 * npm run bench:legacy: a synthetic old system of any size comes home. Stage, plan and apply run as the command line
 * runs them, each as a process of its own; printed are rows per second, peak memory, CPU and questions to the register.
 * What they come to is held against what the generator knows.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { faultsOf } from './check.ts';
import { message, stop, stopAll, watched } from './children.ts';
import { type Expected, writeDump } from './dump.ts';
import { HELP, type Options, readOptions } from './options.ts';
import { type Measured, runCommand } from './phase.ts';
import { fillStore, openStore, type Prepared } from './prepare.ts';
import { declarationOf, type Rule, SOURCE } from './rows.ts';
import { SIGNING_IN, type SignInLoad, startSignIns } from './sign-in-load.ts';
import { DatabaseCpu } from './watch.ts';
import { type Line, type PhaseName, printLine, printSignIns, tableHead } from './words.ts';

const PHASES: PhaseName[] = ['stage', 'plan', 'apply'];
const PORT = 4960;

const options = readOptions();
if (!options) {
  console.log(HELP);
  process.exit(0);
}
const say = (text: string) => options.json || console.log(text);
const cleaning: (() => unknown)[] = [];
let cleaned: Promise<void> | undefined;
let failed = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void clean().finally(() => process.exit(130)));
try {
  const lines = await measure(options);
  if (options.json) console.log(JSON.stringify({ options, lines }, undefined, 1));
  failed = lines.some(({ faults }) => faults.length > 0);
} catch (error) {
  // Told to stop, it breaks off somewhere: that is no news.
  if (!cleaned) console.error(error);
  failed = true;
} finally {
  await clean();
}
process.exit(failed ? 1 : 0);

/** Once, whoever asks first: whoever asks while it is under way waits for it. */
function clean(): Promise<void> {
  cleaned ??= (async () => {
    await stopAll();
    for (const one of cleaning.splice(0).reverse()) await one();
  })();
  return cleaned;
}

async function measure({
  rows,
  persons,
  stores,
  seed,
  recipe,
  encoding,
  registerMs,
  signIns,
}: Options): Promise<Line[]> {
  const folder = mkdtempSync(join(tmpdir(), 'yihao-bench-legacy-'));
  cleaning.push(() => rmSync(folder, { recursive: true, force: true }));
  const rule: Rule = { seed, persons, recipe };
  const paths = { dump: join(folder, 'dump.csv'), declaration: join(folder, 'declaration.yaml') };
  const expected = writeDump(paths.dump, rule, rows, encoding);
  writeFileSync(paths.declaration, declarationOf(rule));
  say(
    `${rows} rows, ${Math.round(statSync(paths.dump).size / 1e6)} MB of ${encoding}, recipe ${recipe}, seed ${seed}`,
  );

  const secret = randomBytes(32).toString('base64url');
  const register = watched(
    fork(
      join(import.meta.dirname, 'register.ts'),
      [JSON.stringify({ seed, secret, milliseconds: registerMs })],
      {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      },
    ),
  );
  const { url } = await message<{ url: string }>(register);
  const lines: Line[] = [];
  for (const kind of stores) {
    const env = {
      YIHAO_MODE: 'trial',
      PORT: String(PORT),
      YIHAO_OBSERVE__INTERNAL_PORT: '0',
      YIHAO_TRIAL__DEPARTMENTS: 'false',
      YIHAO_TRIAL__PEOPLE: 'false',
      // Sign-ins come from one address: limits stay switched on, but wide.
      YIHAO_CONFIG: join(import.meta.dirname, '../limits.yaml'),
      YIHAO_REGISTRIES__POPULATION__URL: url,
      YIHAO_REGISTRIES__POPULATION__SECRET: secret,
    };
    const store = await openStore(kind, env);
    cleaning.push(store.drop);
    const began = performance.now();
    await fillStore(store, { seed, persons, signingIn: signIns > 0 ? SIGNING_IN : 1 });
    say(
      `\n${kind}: ${persons} persons present, loaded in ${Math.round((performance.now() - began) / 1_000)} s`,
    );
    lines.push(...(await measureStore(store, paths, expected, register)));
    await store.drop();
    cleaning.pop();
  }
  await stop(register);
  return lines;
}

async function measureStore(
  store: Prepared,
  paths: { dump: string; declaration: string },
  expected: Expected,
  register: ChildProcess,
): Promise<Line[]> {
  const { seed, signIns } = options!;
  let load: SignInLoad | undefined;
  if (signIns > 0) {
    load = await startSignIns(store.env, `http://localhost:${PORT}`, seed, signIns);
    printSignIns(say, 'before', load.usual);
  }
  const database = new DatabaseCpu(store.url && new URL(store.url).pathname.slice(1));
  // A command that does next to nothing: what each of them takes before its first row.
  const start = await runCommand(['status'], store.env, database);
  say(tableHead(start));
  const lines: Line[] = [];
  for (const phase of PHASES) {
    const questions = await asked(register);
    const args = phase === 'stage' ? [phase, paths.declaration, paths.dump] : [phase, SOURCE];
    if (options!.gentle) args.push('--gentle');
    const measured: Measured = await runCommand(args, store.env, database);
    const line: Line = {
      store: store.store,
      phase,
      rows: phase === 'stage' ? expected.rows : expected.accounts,
      ...measured,
      start: { seconds: start.seconds, cpu: start.cpu.process },
      questions: (await asked(register)) - questions,
      faults: faultsOf(phase, measured.answer, expected),
    };
    if (load) line.signIns = await load.since();
    lines.push(line);
    printLine(say, line, load?.usual);
  }
  if (load) {
    // The server goes on with what the import left to it: old hashes into argon2id.
    printSignIns(say, 'after, hashes being wrapped', await load.next(), load.usual);
    await load.stop();
  }
  return lines;
}

async function asked(register: ChildProcess): Promise<number> {
  const told = message<{ asked: number }>(register);
  register.send('asked');
  return (await told).asked;
}
