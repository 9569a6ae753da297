/** `legacy wrap` and `legacy expire`: what becomes of the passwords of old accounts. */
import type { Command } from 'commander';
import type { Yihao } from '../app.ts';
import { countStored, type OldPasswordState } from '../legacy/old-password-store.ts';
import { EXPIRY_MONTHS, expirePasswords } from '../legacy/password-expiry.ts';
import { areReversible, type WrapRoom, wrapPasswords } from '../legacy/wrap.ts';
import { makeProgress } from './progress.ts';
import { accept, actor, reasonText, wholeNumber, withRooms } from './run.ts';

const PARALLEL = 2;

export function addLegacyPasswordCommands(legacy: Command): void {
  legacy
    .command('wrap')
    .argument('[source]', 'one old system; all of them without')
    .option('--parallel <hashes>', 'hashes at the same time', wholeNumber(1, 64), PARALLEL)
    .description(
      'put old password hashes into argon2id now; a running server does it by itself. Again goes on',
    )
    .action(async (source: string | undefined, { parallel }: { parallel: number }, command: Command) => {
      await withRooms(command, async (yihao) => {
        const total = await countStored(yihao.database, source);
        const progress = makeProgress('wrapping');
        const result = await wrapPasswords(wrapRoom(yihao), { source, parallel }, (count) =>
          progress.show(Math.min(1, count / total), count),
        ).finally(() => progress.end());
        const counts = Object.entries(result).map(([state, rows]) => ({
          state: state as OldPasswordState,
          rows,
        }));
        return {
          data: { ...result, left: await countStored(yihao.database, source) },
          lines: total === 0 ? ['no password waits to be wrapped'] : passwordLines(counts),
        };
      });
    });

  legacy
    .command('expire')
    .argument('<source>', 'the old system')
    .requiredOption('--reason <text>', 'for the audit trail (required)', reasonText)
    .option('--early', 'also before the day that the declaration names')
    .description(
      `remove the old passwords of a system for good: after the day \`expires\` of its declaration, or ${EXPIRY_MONTHS} months after its first dump. A running server does it by itself`,
    )
    .action(async (source: string, options: { reason: string; early?: boolean }, command: Command) => {
      await withRooms(command, async ({ database, audit, clock }) => {
        const room = { database, clock, trail: audit.trail };
        const { removed } = accept(await expirePasswords(room, { source, actor: actor(), ...options }));
        return { data: { source, removed }, lines: [`${removed} old passwords removed`] };
      });
    });
}

const wrapRoom = ({ database, sealer, credentials, audit, clock }: Yihao): WrapRoom => ({
  ...{ database, sealer, clock },
  hasher: credentials.hasher,
  trail: audit.trail,
});

/** Passwords that could be read in the old system are hashed before its import ends; says how many. */
export async function hashReadable(yihao: Yihao, source: string): Promise<number> {
  const room = wrapRoom(yihao);
  if (!(await areReversible(room, source))) return 0;
  const total = await countStored(yihao.database, source);
  const progress = makeProgress('hashing');
  const options = { source, parallel: PARALLEL, onlyReversible: true };
  const { hashed } = await wrapPasswords(room, options, (count) =>
    progress.show(Math.min(1, count / total), count),
  ).finally(() => progress.end());
  return hashed;
}

const STATE_WORDS: Record<OldPasswordState, string> = {
  stored: 'passwords wait to be wrapped',
  wrapped: 'passwords are wrapped in argon2id',
  kept: 'passwords carry a cost of their own and are kept sealed',
  hashed: 'passwords could be read there: hashed, and to be changed at the first sign-in',
  unreadable: 'passwords were not made by the declared recipe, and are gone',
  used: 'passwords were used to sign in, and are gone',
  claimed: 'passwords belong to accounts that were claimed, and are gone',
  expired: 'passwords were past their day, and are gone',
};

export const passwordLines = (counts: readonly { state: OldPasswordState; rows: number }[]): string[] =>
  counts
    .filter(({ rows }) => rows > 0)
    .map(({ state, rows }) => `${String(rows).padStart(10)}  ${STATE_WORDS[state]}`);
