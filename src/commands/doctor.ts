/** `doctor`: checks what the server needs and says what to do. Never throws: every trouble is a line. */
import type { Command } from 'commander';
import { ConfigurationError } from '../platform/config/load.ts';
import { readSettings, type Settings } from '../settings.ts';
import { examineDatabase } from './doctor-database.ts';
import { examinePartners } from './doctor-partners.ts';
import { examineRedis } from './doctor-redis.ts';
import { EXIT, reporting } from './run.ts';

export interface Finding {
  check: string;
  state: 'ok' | 'warning' | 'failed';
  found: string;
  /** What to do about it. */
  advice?: string;
}

const MARKS = { ok: 'ok     ', warning: 'warning', failed: 'FAILED ' };

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('check configuration, database, clock, keyring, Redis and partners, and say what to do')
    .action(async (_options, command: Command) => {
      await reporting(command, async () => {
        const findings = await examine();
        const failed = findings.some((finding) => finding.state === 'failed');
        return {
          data: { ok: !failed, findings },
          lines: findings.flatMap(({ check, state, found, advice }) => [
            `${MARKS[state]} ${check}: ${found}`,
            ...(advice ? [`        → ${advice}`] : []),
          ]),
          exit: misconfigured(findings) ? EXIT.configuration : failed ? EXIT.refused : 0,
        };
      });
    });
}

async function examine(): Promise<Finding[]> {
  let settings: Settings;
  try {
    settings = readSettings(process.env);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.faults.map(({ setting, right, from }) => ({
      check: 'configuration',
      state: 'failed',
      found: from && from !== setting ? `${setting} (${from})` : setting,
      advice: right,
    }));
  }
  const found = `mode ${settings.mode}, issuer ${settings.issuer}`;
  const parts = [examineDatabase(settings), examineRedis(settings), examinePartners(settings)];
  return [{ check: 'configuration', state: 'ok', found }, runtime(), ...(await Promise.all(parts)).flat()];
}

const misconfigured = (findings: Finding[]): boolean =>
  findings.some(({ check, state }) => check === 'configuration' && state === 'failed');

function runtime(): Finding {
  const found = `Node.js ${process.versions.node}`;
  if (Number(process.versions.node.split('.')[0]) >= 24) return { check: 'runtime', state: 'ok', found };
  const advice = 'start through npm scripts or with node_modules/.bin/node, which bring Node.js 24';
  return { check: 'runtime', state: 'failed', found, advice };
}
