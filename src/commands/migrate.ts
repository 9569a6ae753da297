/** `migrate`: brings the database to this version. */
import type { Command } from 'commander';
import { migrateDatabase } from '../app.ts';
import { readSettings } from '../settings.ts';
import { reporting } from './run.ts';

export function addMigrateCommand(program: Command): void {
  program
    .command('migrate')
    .description('bring the database to this version; safe to run on several nodes at once')
    .action(async (_options, command: Command) => {
      await reporting(command, async () => {
        const ran = await migrateDatabase(readSettings(process.env));
        return {
          data: { migrated: ran },
          lines: ran.length ? ran.map((name) => `migrated ${name}`) : ['The database is up to date.'],
        };
      });
    });
}
