/** Starts the server: settings, rooms, doors; stops it gracefully. */
import { createServer } from 'node:net';
import { openYihao, type Yihao } from './app.ts';
import { reasonOf } from './commands/run.ts';
import { ConfigurationError } from './platform/config/load.ts';
import { readSettings, type Settings } from './settings.ts';
import { departmentOrigin, openTrial } from './trial.ts';

/** EX_CONFIG of sysexits.h: a supervisor should not restart us into the same fault. */
const EXIT_CONFIGURATION = 78;
const EXIT_BROKEN = 1;

function leave(error: ConfigurationError): never {
  console.error(error.message);
  console.error('Nothing was started. docs/configuration.md says what each setting means.');
  process.exit(EXIT_CONFIGURATION);
}

function settingsOrExit(): Settings {
  try {
    return readSettings(process.env);
  } catch (error) {
    if (error instanceof ConfigurationError) leave(error);
    throw error;
  }
}

/** Where this process is going to listen, with the setting that moves it. */
function portsWanted(settings: Settings): { host: string; port: number; by: string }[] {
  const { host, port, observe } = settings;
  const departments = settings.mode === 'trial' && settings.trial.departments && port > 0;
  return [
    { host, port, by: 'PORT' },
    ...(departments
      ? [0, 1].map((at) => ({ host, port: Number(new URL(departmentOrigin(port, at)).port), by: 'PORT' }))
      : []),
    { host: observe.internalHost, port: observe.internalPort, by: 'YIHAO_OBSERVE__INTERNAL_PORT' },
  ];
}

/** Looks before anything is opened, so that a second start leaves the first one's database alone. */
async function refuseTakenPorts(settings: Settings): Promise<void> {
  const taken: string[] = [];
  for (const { host, port, by } of portsWanted(settings)) {
    const code = await new Promise<string | undefined>((resolve) => {
      const probe = createServer();
      probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
      probe.listen(port, host, () => probe.close(() => resolve(undefined)));
    });
    if (code === 'EADDRINUSE')
      taken.push(`port ${port} is in use: stop what listens there, or set ${by} to another port`);
    else if (code !== undefined)
      taken.push(`cannot listen on ${host}:${port} (${code}); ${by} sets the port`);
  }
  if (taken.length > 0) throw new Error(taken.join('\n  '));
}

async function start(settings: Settings): Promise<() => Promise<void>> {
  await refuseTakenPorts(settings);
  if (settings.mode === 'trial')
    console.log('Yihao 一号 starts; the first time it makes its database, so wait a little …');
  const yihao: Yihao = await openYihao(settings);
  await yihao.serve();
  const closeTrial = settings.mode === 'trial' ? await openTrial(yihao) : undefined;
  return async () => {
    await yihao.close();
    await closeTrial?.();
  };
}

const settings = settingsOrExit();
try {
  const stop = await start(settings);
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      stop().then(
        () => process.exit(0),
        (error: Error) => {
          console.error(`did not stop cleanly: ${error.message}`);
          process.exit(EXIT_BROKEN);
        },
      );
    });
  }
} catch (error) {
  if (error instanceof ConfigurationError) leave(error);
  console.error(`Yihao could not start: ${reasonOf(error)}`);
  console.error(
    '`npm run cli -- doctor` checks configuration, database, Redis, register and clock, and says what to do.',
  );
  process.exit(EXIT_BROKEN);
}
