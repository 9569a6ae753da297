/** `keys …`: the keyring file, sealed data, and the keys that sign tokens. */
import { existsSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Yihao } from '../app.ts';
import { resealNotes } from '../interactions/notes.ts';
import { keyringFile, replaceKeyring } from '../keyring-file.ts';
import { renewOldAccounts } from '../legacy/key-change.ts';
import type { Failure } from '../platform/failure.ts';
import {
  generateKeyring,
  KEY_PURPOSES,
  type KeyPurpose,
  promoteKey,
  rotateKeyring,
} from '../platform/seal/keyring.ts';
import { readSettings } from '../settings.ts';
import {
  actor,
  RefusedCommand,
  type Report,
  readText,
  reporting,
  table,
  UsageError,
  withRooms,
} from './run.ts';

const WHAT = ['signing', 'data', 'fingerprint'] as const;

export function addKeysCommands(program: Command): void {
  const keys = program.command('keys').description('keyring, sealed data, signing keys');

  keys
    .command('generate')
    .argument('[file]', 'where to write; standard output without one')
    .description('a new keyring with random keys, readable by its owner alone')
    .action(async (file: string | undefined, _options, command: Command) => {
      await reporting(command, async () => {
        const keyring = generateKeyring();
        if (!file) return { data: JSON.parse(keyring), lines: [keyring] };
        if (existsSync(file)) throw new UsageError(`${file} exists; it may hold keys that are needed`);
        try {
          writeFileSync(file, keyring, { mode: 0o600, flag: 'wx' });
        } catch (error) {
          throw new UsageError(`cannot write ${file}: ${(error as NodeJS.ErrnoException).code}`);
        }
        return {
          data: { written: file },
          lines: [`wrote ${file}`, 'Keep a copy apart from the database: without it nothing can be opened.'],
        };
      });
    });

  keys
    .command('add')
    .argument('<purposes...>', KEY_PURPOSES.join(', '))
    .option('--standby', 'behind the current one: known to every node that has the file, used by none yet')
    .description('put a new key into the keyring file, current at once or on standby')
    .action(async (purposes: string[], { standby = false }: { standby?: boolean }, command: Command) => {
      await changing(command, purposes, {
        change: (text, purpose) => rotateKeyring(text, purpose, new Date(), { standby }),
        next: standby ? () => `; then \`keys promote ${purposes.join(' ')}\`` : thenMove,
      });
    });

  keys
    .command('promote')
    .argument('<purposes...>', KEY_PURPOSES.join(', '))
    .description('make the key on standby the current one; again changes them back')
    .action(async (purposes: string[], _options, command: Command) => {
      await changing(command, purposes, { change: promote, next: thenMove });
    });

  keys
    .command('list')
    .description('the keys that sign tokens, with their states')
    .action(async (_options, command: Command) => {
      await withRooms(command, async ({ signingKeys }) => {
        const all = await signingKeys.list();
        return {
          data: all,
          lines: table(
            ['kid', 'alg', 'state', 'since'],
            all.map((key) => [key.kid, key.alg, key.state, key.since.toISOString()]),
          ),
        };
      });
    });

  keys
    .command('rotate')
    .argument('[what]', `${WHAT.join(', ')}`, 'signing')
    .option('--force', 'signing: use the next key although not everybody may have seen it yet')
    .description('rotate while serving: signing keys at once, sealed data and fingerprints in small steps')
    .addHelpText(
      'after',
      `
signing      the published next key begins to sign on every node within seconds; a new next one is published
data         every sealed field is sealed anew with the current key of the keyring; stop and repeat as you like
fingerprint  the same for the keyed fingerprints by which numbers, phones and user names are found`,
    )
    .action(async (what: string, options: { force?: boolean }, command: Command) => {
      await withRooms(command, async (yihao) => {
        if (!WHAT.includes(what as (typeof WHAT)[number]))
          throw new UsageError(`what must be one of ${WHAT.join(', ')}`);
        return what === 'signing'
          ? rotateSigning(yihao, Boolean(options.force))
          : rotateStored(yihao, what === 'data' ? 'seal' : 'fingerprint');
      });
    });
}

interface Changing {
  change(text: string, purpose: KeyPurpose): string;
  /** What follows once every node has the file. */
  next(purposes: readonly string[]): string;
}

/** Writes another keyring in the place of the present one, and says which keys it has now. */
async function changing(command: Command, purposes: string[], { change, next }: Changing): Promise<void> {
  await reporting(command, async () => {
    if (!purposes.every(isPurpose)) throw new UsageError(`purpose must be one of ${KEY_PURPOSES.join(', ')}`);
    const file = keyringFile(readSettings(process.env));
    const text = purposes.reduce(change, readText(file));
    replaceKeyring(file, text);
    const all = JSON.parse(text) as Record<KeyPurpose, { id: string }[]>;
    const ids = Object.fromEntries(purposes.map((purpose) => [purpose, all[purpose].map(({ id }) => id)]));
    return {
      data: { file, keys: ids },
      lines: [
        `Keys in ${file}, the current one first:`,
        ...Object.entries(ids).map(([purpose, its]) => `  ${purpose.padEnd(12)}${its.join(', ')}`),
        `Give every node this file and restart it${next(purposes)}.`,
      ],
    };
  });
}

function promote(text: string, purpose: KeyPurpose): string {
  const promoted = promoteKey(text, purpose);
  if (promoted) return promoted;
  throw new UsageError(`there is one ${purpose} key only: \`keys add ${purpose} --standby\` makes another`);
}

/** Two purposes move by command; for the others docs/production.md says how long the old key is needed. */
function thenMove(purposes: readonly string[]): string {
  const moving = { seal: '`keys rotate data`', fingerprint: '`keys rotate fingerprint`' };
  const commands = Object.entries(moving).filter(([purpose]) => purposes.includes(purpose));
  return commands.map(([, name]) => `; then ${name}`).join('');
}

const isPurpose = (purpose: string): purpose is KeyPurpose => KEY_PURPOSES.includes(purpose as KeyPurpose);

async function rotateSigning({ signingKeys, clock }: Yihao, force: boolean): Promise<Report> {
  const outcome = await signingKeys.rotate({ actor: actor(), force });
  if (!outcome.ok) throw new RefusedCommand(outcome.failure, whatNow(outcome.failure, clock.now()));
  return { data: outcome.value, lines: ['The next keys sign now; new next keys are published.'] };
}

/** The two ways on from "too recently", as commands. */
function whatNow({ retryAfter }: Failure, now: Date): string[] {
  if (retryAfter === undefined) return [];
  const ripe = new Date(now.getTime() + retryAfter * 1_000).toISOString().replace(/\.\d+/, '');
  return [
    `after ${ripe}: npm run cli -- keys rotate`,
    'now, only if a key has leaked: npm run cli -- keys rotate --force',
    'Departments that still hold the key set of before refuse our tokens until they fetch it again.',
  ];
}

async function rotateStored(yihao: Yihao, kind: 'seal' | 'fingerprint'): Promise<Report> {
  const { accounts } = yihao;
  const tty = process.stderr.isTTY;
  const { complete, ...report } = await accounts.rotate(kind, ({ seen, of, moved }) => {
    if (tty) process.stderr.write(`\r${seen} of ${of} people seen, ${moved} moved`);
  });
  if (tty) process.stderr.write('\n');
  // Sealed and found by keys of both kinds.
  const old = await renewOldAccounts(yihao.database, yihao);
  const others =
    old + report.representatives + (kind === 'seal' ? report.drafts + (await resealOthers(yihao)) : 0);
  const people = `${report.seen} people seen, ${report.moved} moved to key ${report.keyId}`;
  return {
    data: { ...report, complete, others },
    lines: [
      others > 0 ? `${people}; ${others} keys, messages, old accounts and begun registrations, too` : people,
      next(),
    ],
  };

  function next(): string {
    if (!complete) return 'A newer rotation has begun; run this again.';
    // Nothing moved means that no node has written with an older key since the last time.
    if (report.moved + others > 0 && (kind === 'seal' || old + report.representatives > 0))
      return `Run this again: older ${kind} keys may leave the keyring when nothing is left to move.`;
    return `Older ${kind} keys may leave the keyring.`;
  }
}

/** What is sealed beside people, none of it for long. */
const resealOthers = async ({ signingKeys, notices, database, sealer }: Yihao): Promise<number> =>
  (await signingKeys.reseal()) + (await notices.reseal()) + (await resealNotes(database, sealer));
