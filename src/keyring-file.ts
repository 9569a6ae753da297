/** Finds the keyring: the configured file, or in trial one of its own in the data folder. */
import { randomUUID } from 'node:crypto';
import {
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError, secretFileFault } from './platform/config/load.ts';
import { generateKeyring, type Keyring, parseKeyring } from './platform/seal/keyring.ts';
import type { Settings } from './settings.ts';

/** Where this installation's keyring lies. */
export const keyringFile = (settings: Settings): string =>
  settings.keyring.file ?? join(settings.dataFolder, 'keyring.json');

/**
 * Reads the keyring; trial without a configured file makes one at first start.
 * @throws ConfigurationError when the file is missing, readable by others, or not a keyring.
 */
export function readKeyring(settings: Settings): Keyring {
  const file = keyringFile(settings);
  if (settings.mode === 'trial' && !settings.keyring.file && !existsSync(file)) {
    mkdirSync(settings.dataFolder, { recursive: true, mode: 0o700 });
    makeKeyring(file);
  }
  const wrong = secretFileFault(file);
  if (wrong) throw new ConfigurationError([{ setting: 'keyring.file', right: wrong }]);
  return parseKeyring(readFileSync(file, 'utf8'));
}

/** Whole or not at all, were we killed in the middle; of two processes starting together the first one's stands. */
function makeKeyring(file: string): void {
  const draft = `${file}.${randomUUID()}`;
  writeFileSync(draft, generateKeyring(), { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
}

/**
 * Writes a keyring in the place of another, for the same owner, readable by that owner alone. Written beside
 * and renamed: a crash leaves the old file or the new one, never half of one.
 */
export function replaceKeyring(file: string, text: string): void {
  const target = realpathSync(file);
  const { uid, gid } = statSync(target);
  const beside = `${target}.new`;
  rmSync(beside, { force: true });
  writeFileSync(beside, text, { mode: 0o600, flag: 'wx', flush: true });
  // Root often turns the keys of a service that runs as somebody else; that one must still read them.
  if (process.getuid?.() === 0) chownSync(beside, uid, gid);
  renameSync(beside, target);
}
