/** The command line: `npm run cli -- <command> --help`. Works while the server runs, also on the embedded database. */
import { Command } from 'commander';
import { addAuditCommands } from './commands/audit.ts';
import { addClientCommands } from './commands/client.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addKeysCommands } from './commands/keys.ts';
import { addLegacyCommands } from './commands/legacy.ts';
import { addMigrateCommand } from './commands/migrate.ts';
import { addOrganisationCommands } from './commands/organisation.ts';
import { addPersonCommands } from './commands/person.ts';
import { EXIT } from './commands/run.ts';
import { addStandInCommand } from './commands/stand-in.ts';

const program = new Command('npm run cli --')
  .description('Yihao (一号): one number, one account, one login')
  .option('--json', 'print JSON instead of text')
  .showHelpAfterError('(add --help for what the command takes)')
  .addHelpText(
    'after',
    `
Exit codes: 0 done, 1 something broke, 2 wrong usage, 3 refused with the reason, 78 wrong configuration.
Settings come from config/*.yaml and the environment, as for the server (docs/configuration.md).`,
  )
  .exitOverride((error) => {
    if (error.exitCode === 0) process.exit(0);
    // Whoever reads JSON gets JSON, whatever was wrong with the words.
    if (process.argv.includes('--json')) {
      const message = error.message.replace(/^error: /, '');
      process.stdout.write(`${JSON.stringify({ error: { code: 'usage', message } }, undefined, 2)}\n`);
    }
    process.exit(EXIT.usage);
  });

addPersonCommands(program);
addOrganisationCommands(program);
addClientCommands(program);
addKeysCommands(program);
addMigrateCommand(program);
addAuditCommands(program);
addDoctorCommand(program);
addLegacyCommands(program);
addStandInCommand(program);
// Wherever it stands: `--json client list`, `client --json list`, `client list --json`.
const takeJson = (group: Command): void => {
  for (const command of group.commands) {
    command.option('--json', 'print JSON instead of text');
    takeJson(command);
  }
};
takeJson(program);

await program.parseAsync();
