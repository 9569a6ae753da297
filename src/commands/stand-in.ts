/** `stand-in`: the trial's population register on its own, for several trial nodes or for other software's tests. */
import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { registriesSettings } from '../registries/settings.ts';
import { startStandInRegister } from '../registries/stand-in.ts';
import { readText, reporting, UsageError } from './run.ts';

export function addStandInCommand(program: Command): void {
  program
    .command('stand-in')
    .description('run the stand-in population register alone until it is stopped (trial and tests only)')
    .option('--port <port>', 'port on this machine; 0 takes a free one', '0')
    .option('--seed <seed>', 'the same seed gives the same people', 'yihao')
    .option('--size <people>', 'how many people', '100000')
    .option('--enterprises <number>', 'how many enterprises', '20000')
    .option('--key-id <name>', 'name of the shared secret', 'yihao')
    .option('--secret-file <file>', 'file with the shared secret; without one a new secret is printed')
    .action(async (options: Record<string, string>, command: Command) => {
      await reporting(command, async () => {
        const { seed, port, size, enterprises } = options;
        const judged = registriesSettings.safeParse({ standIn: { port, seed, size, enterprises } });
        if (!judged.success)
          throw new UsageError(judged.error.issues.map(({ message }) => message).join('; '));
        const register = await startStandInRegister({
          ...judged.data.standIn,
          port: judged.data.standIn.port ?? 0,
          keyId: options.keyId ?? 'yihao',
          secret: options.secretFile
            ? readText(options.secretFile).trim()
            : randomBytes(32).toString('base64url'),
        });
        const { url, secret, population } = register;
        const data = { url, people: `${url}/people`, size: population.size, keyId: options.keyId };
        return {
          data: options.secretFile ? data : { ...data, secret },
          lines: [
            `The stand-in population register answers at ${url} (${population.size} people of seed ${seed}).`,
            `People:  ${url}/people`,
            `Enterprises: ${url}/enterprises`,
            ...(options.secretFile ? [] : [`Secret:  ${secret}`]),
          ],
        };
      });
    });
}
