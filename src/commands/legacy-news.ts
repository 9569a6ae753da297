/** `legacy news`: how departments' applications take the news of their old accounts. */
import type { Command } from 'commander';
import { retryNews } from '../legacy/news-delivery.ts';
import { newsStatus } from '../legacy/news-store.ts';
import { RefusedCommand, type Report, table, UsageError, withRooms } from './run.ts';

export function addLegacyNewsCommand(legacy: Command): void {
  legacy
    .command('news')
    .argument('[client_id]', 'one application; all of them without')
    .option('--retry', 'try one again now that was given up')
    .description('what departments’ applications are still to be told of their old accounts')
    .action(async (clientId: string | undefined, { retry }: { retry?: true }, command: Command) => {
      await withRooms(command, async ({ database, clock }): Promise<Report> => {
        if (retry) {
          if (clientId === undefined) throw new UsageError('--retry needs a client_id');
          const waiting = await retryNews({ database, clock }, clientId);
          if (waiting === undefined) throw neverAny();
          return { data: { client_id: clientId, waiting }, lines: [`${waiting} are being sent again`] };
        }
        const all = await newsStatus(database, clientId);
        if (clientId !== undefined && all.length === 0) throw neverAny();
        const rows = all.map((one) => [
          one.clientId,
          String(one.waiting),
          one.waitingSince?.toISOString().slice(0, 19) ?? '',
          String(one.delivered),
          one.stoppedAt ? 'given up' : one.attempts > 0 ? `tried ${one.attempts} times` : '',
          one.lastError ?? '',
        ]);
        const head = ['client_id', 'waiting', 'since', 'taken', 'state', 'last fault'];
        return {
          data: all,
          lines: rows.length > 0 ? table(head, rows) : ['no application has had any news'],
        };
      });
    });
}

const neverAny = () =>
  new RefusedCommand({ code: 'client-unknown', status: 404 }, [
    'only applications that named a legacy_events_uri have news; `legacy news` lists them',
  ]);
