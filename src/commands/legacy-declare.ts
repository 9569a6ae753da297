/** `legacy declare …`: what an old system is and what its columns mean. */
import type { Command } from 'commander';
import { readDeclaration } from '../legacy/declaration.ts';
import { declareSource } from '../legacy/declare.ts';
import { accept, actor, readText, reporting, withRooms } from './run.ts';

export function addDeclareCommands(legacy: Command): void {
  const declare = legacy.command('declare').description('declarations of old systems');

  declare
    .command('check')
    .argument('<declaration>', 'YAML file; docs/legacy.md describes it')
    .description('read a declaration and say everything that is wrong with it')
    .action(async (file: string, _options, command: Command) => {
      await reporting(command, async () => {
        const declaration = accept(readDeclaration(readText(file)));
        return { data: declaration, lines: [`${declaration.source}: the declaration can be used`] };
      });
    });

  declare
    .command('login')
    .argument('<declaration>', 'YAML file with `login:`; docs/old-login-interface.md describes it')
    .description(
      'put the declaration of a system in place that hands out no dump: sign-in asks it from then on',
    )
    .action(async (file: string, _options, command: Command) => {
      await withRooms(command, async ({ database, audit, clock, settings }) => {
        const room = { database, clock, trail: audit.trail };
        const given = { declaration: readText(file), actor: actor() };
        const { source, login } = accept(await declareSource(room, given));
        const known = login in settings.legacy.logins;
        return {
          data: { source, login, interface_known: known },
          lines: [
            known
              ? `${source}: sign-in asks it now; \`doctor\` tells whether it answers`
              : `${source}: declared, and not asked until legacy.logins.${login} is in the settings`,
          ],
        };
      });
    });
}
