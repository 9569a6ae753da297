/** `legacy stage`: from a file, a database or a directory to the staging table. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Yihao } from '../app.ts';
import { wordsFor } from '../legacy/sources/refusals.ts';
import { type StageResult, stageFile } from '../legacy/stage.ts';
import { stageLive } from '../legacy/stage-live.ts';
import type { StageProgress } from '../legacy/stage-report.ts';
import { countMissing } from '../legacy/staging-store.ts';
import { secretFileFault } from '../platform/config/load.ts';
import type { Failure, Outcome } from '../platform/failure.ts';
import { countLines } from './legacy-lines.ts';
import { hashReadable } from './legacy-passwords.ts';
import { makeProgress } from './progress.ts';
import { RefusedCommand, readText, UsageError, withRooms } from './run.ts';
import { GENTLE, makeRest, stepBack } from './step-back.ts';

/** Holds an address where a file would be in the way. */
const VARIABLE = 'LEGACY_SOURCE_URL';

export function addStageCommand(legacy: Command): void {
  legacy
    .command('stage')
    .argument('<declaration>', 'YAML file')
    .argument('[file]', 'the dump; left out where the declaration names a database or directory')
    .option(
      '--from <file>',
      `file (mode 600) with the address of the database or directory; without it ${VARIABLE} holds it`,
    )
    .option(...GENTLE)
    .description(
      'clean, seal and stage the rows of an old system; no account is touched. Again goes on where it stopped',
    )
    .action(
      async (
        declaration: string,
        file: string | undefined,
        options: { from?: string; gentle?: boolean },
        command: Command,
      ) => {
        stepBack();
        await withRooms(command, async (yihao) => {
          const text = readText(declaration);
          const progress = makeProgress('staging');
          const rest = makeRest(options.gentle);
          const show = (now: StageProgress) => {
            progress.show(now.bytesTotal === 0 ? 0 : Math.min(1, now.bytes / now.bytesTotal), now.rows);
            return rest();
          };
          const staged = await stageFrom(yihao, text, file, options.from, show).finally(() => progress.end());
          const result = acceptFile(staged);
          const hashed = await hashReadable(yihao, result.source);
          const missing = await countMissing(yihao.database, result.source, result.dump);
          return {
            data: { ...result, missing, passwords_hashed: hashed },
            lines: resultLines(result, missing, hashed),
          };
        });
      },
    );
}

function stageFrom(
  yihao: Yihao,
  declaration: string,
  file: string | undefined,
  from: string | undefined,
  show: (now: StageProgress) => Promise<void>,
): Promise<Outcome<StageResult>> {
  if (file !== undefined) return stageFile(yihao, { declaration, path: resolve(file) }, show);
  return stageLive(yihao, { declaration, access: readAddress(from) }, show);
}

/** @throws UsageError when others can read the file */
function readAddress(from: string | undefined): string {
  if (from === undefined) return process.env[VARIABLE] ?? '';
  if (!existsSync(from)) throw new UsageError(`cannot read ${from}: there is no such file`);
  const fault = secretFileFault(resolve(from));
  if (fault) throw new UsageError(`${from} holds a password: ${fault}`);
  return readText(from);
}

function resultLines(
  { source, dump, already, counts, referrals }: StageResult,
  missing: number,
  hashed: number,
): string[] {
  return [
    already ? `${source}: this file was staged before, as dump ${dump}` : `${source}: staged dump ${dump}`,
    ...countLines(counts),
    ...(missing > 0
      ? [`${String(missing).padStart(10)}  accounts that an earlier dump had and this one has not`]
      : []),
    ...(hashed > 0 ? [`${String(hashed).padStart(10)}  passwords that could be read, hashed`] : []),
    ...(referrals ? [`${String(referrals).padStart(10)}  references to other servers, not followed`] : []),
    ...(counts.rejected > 0 ? [`\`legacy rejects ${source}\` tells why, row by row`] : []),
  ];
}

/** A failure of the source itself brings words of its own. */
export function acceptFile<Value>(
  outcome: { ok: true; value: Value } | { ok: false; failure: Failure },
): Value {
  if (outcome.ok) return outcome.value;
  const { title, next } = wordsFor(outcome.failure);
  throw new RefusedCommand(outcome.failure, title === outcome.failure.code ? [] : [title, next]);
}
