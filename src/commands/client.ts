/** `client …`: departments' applications from the command line. */
import type { Command } from 'commander';
import { accept, actor, table, UsageError, withInput, withRooms } from './run.ts';

export function addClientCommands(program: Command): void {
  const client = program.command('client').description("departments' applications");

  client
    .command('create')
    .argument('[file]', 'JSON file with the definition; standard input without one')
    .description('register an application by its OpenID metadata; prints its secret once')
    .addHelpText(
      'after',
      `
The definition uses OpenID names and a few of ours:
  {"client_id": "health", "client_name": "Health records", "redirect_uris": ["https://health.example/callback"],
   "scope": "openid profile", "token_endpoint_auth_method": "client_secret_basic"}
docs/integration.md lists every member. Exit code 3 lists every fault of a refused definition.`,
    )
    .action(async (file: string | undefined, _options, command: Command) => {
      await withInput(command, file, async (definition, { clients }) => {
        const { client: made, secret } = accept(
          await clients.create(definition, { actor: actor(), channel: 'cli' }),
        );
        return {
          data: {
            ...made.metadata,
            client_id: made.id,
            state: made.state,
            ...(secret ? { client_secret: secret } : {}),
          },
          lines: [
            `registered ${made.id} (${made.state})`,
            ...(secret
              ? [`client_secret: ${secret}`, 'This secret is shown only now; only its hash is kept.']
              : []),
          ],
        };
      });
    });

  client
    .command('list')
    .description('all applications with their state and secrets')
    .action(async (_options, command: Command) => {
      await withRooms(command, async ({ clients }) => {
        const all = await clients.list();
        return {
          data: all.map((one) => ({
            ...one.metadata,
            client_id: one.id,
            state: one.state,
            secrets: one.secrets,
          })),
          lines: table(
            ['client_id', 'state', 'scopes', 'secrets'],
            all.map((one) => [
              one.id,
              one.state,
              one.scopes.join(' '),
              one.secrets.map((secret) => secret.reference).join(' '),
            ]),
          ),
        };
      });
    });

  client
    .command('rotate-secret')
    .argument('<client_id>')
    .option('--grace-days <days>', 'how long the old secret stays valid')
    .description('a new secret, shown once; the old one stays valid for a while')
    .action(async (id: string, options: { graceDays?: string }, command: Command) => {
      await withRooms(command, async ({ clients }) => {
        const grace = options.graceDays === undefined ? {} : { graceDays: readDays(options.graceDays) };
        const { secret, oldUntil } = accept(
          await clients.rotateSecret(id, { actor: actor(), channel: 'cli' }, grace),
        );
        return {
          data: { client_id: id, client_secret: secret, old_secret_until: oldUntil.toISOString() },
          lines: [`client_secret: ${secret}`, `The old secret is valid until ${oldUntil.toISOString()}.`],
        };
      });
    });

  for (const [name, what] of [
    ['suspend', 'stop an application on every node within 5 seconds'],
    ['resume', 'let a suspended application work again'],
  ] as const) {
    client
      .command(name)
      .argument('<client_id>')
      .option('--reason <text>', 'for the audit trail')
      .description(what)
      .action(async (id: string, options: { reason?: string }, command: Command) => {
        await withRooms(command, async ({ clients }) => {
          const changed = accept(
            await clients[name](id, { actor: actor(), channel: 'cli', reason: options.reason }),
          );
          return { data: { client_id: id, state: changed.state }, lines: [`${id} is now ${changed.state}`] };
        });
      });
  }
}

function readDays(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new UsageError('--grace-days must be a whole number of days');
  return Number(text);
}
