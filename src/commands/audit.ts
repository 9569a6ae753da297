/** `audit verify` and `audit anchors`: is the audit trail what was written? */
import type { Command } from 'commander';
import { anchorsFromLog } from '../audit/anchors.ts';
import { EXIT, readText, table, UsageError, withRooms } from './run.ts';

export function addAuditCommands(program: Command): void {
  const audit = program.command('audit').description('the audit trail');

  audit
    .command('verify')
    .option(
      '--anchors <file>',
      'log file with anchors told earlier: finds a trail that was cut and ended anew',
    )
    .description('walk all chains; finds update, delete, insert, reorder and truncation (exit code 3)')
    .action(async (options: { anchors?: string }, command: Command) => {
      await withRooms(command, async ({ audit }) => {
        const anchors = options.anchors ? anchorsFromLog(readText(options.anchors)) : [];
        // A check that checked nothing must not say that all is well.
        if (options.anchors && anchors.length === 0)
          throw new UsageError(`${options.anchors} holds no anchors: is it the log of this server?`);
        const report = await audit.verify({ anchors });
        const broken = report.chains.filter((chain) => chain.broken);
        return {
          data: report,
          lines: [
            `${report.links} links in ${report.chains.length} chains, ${anchors.length} anchors: ${report.ok ? 'intact' : 'BROKEN'}`,
            ...(broken.length
              ? table(
                  ['chain', 'lane', 'intact links', 'first broken', 'reason'],
                  broken.map((chain) => [
                    chain.strand,
                    String(chain.lane),
                    String(chain.links),
                    String(chain.broken!.seq),
                    chain.broken!.reason,
                  ]),
                )
              : []),
          ],
          exit: report.ok ? 0 : EXIT.refused,
        };
      });
    });

  audit
    .command('anchors')
    .description('the present state of all chains, as a log line to keep elsewhere')
    .action(async (_options, command: Command) => {
      await withRooms(command, async ({ audit }) => {
        const anchors = await audit.anchors();
        return { data: { anchors }, lines: [JSON.stringify({ anchors })] };
      });
    });
}
