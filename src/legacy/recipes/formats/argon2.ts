/** Argon2 in PHC form (RFC 9106), all three types, by the engine that hashes our own passwords. */
import { type HashEngine, loadHashEngine } from '../../../credentials/hash-engine.ts';
import { CEILINGS } from '../ceilings.ts';
import { isUsable } from '../password-text.ts';
import { fits, misfit, type PasswordFormat } from '../stored.ts';
import { type SelfDescribing, tooCostly } from './self-describing.ts';

const STORED =
  /^\$argon2(?:id|i|d)\$(?:v=(?:16|19)\$)?m=(\d{1,9}),t=(\d{1,9}),p=(\d{1,9})\$[A-Za-z0-9+/]{11,86}\$([A-Za-z0-9+/]{16,86})$/;

let engine: Promise<HashEngine> | undefined;

const format: PasswordFormat = {
  read({ hash }) {
    const stored = hash.trim();
    const numbers = STORED.exec(stored);
    const [memory, passes, lanes] = (numbers ?? []).slice(1, 4).map(Number);
    if (!memory || !passes || !lanes || memory < 8 * lanes)
      return misfit('shape', 'expected $argon2id$v=19$m=…,t=…,p=…$salt$hash');
    if (memory > CEILINGS.memoryKib) return tooCostly('argon2 memory in KiB', CEILINGS.memoryKib);
    if (passes > CEILINGS.passes) return tooCostly('argon2 passes', CEILINGS.passes);
    if (lanes > CEILINGS.lanes) return tooCostly('argon2 lanes', CEILINGS.lanes);
    return fits({ kind: 'modular', stored, slow: true });
  },
  compute: async () => undefined,
  async verify(password, stored) {
    if (!isUsable(password) || !format.read({ hash: stored }).ok) return false;
    engine ??= loadHashEngine();
    return (await engine).verify(stored.trim(), password).catch(() => false);
  },
};

export const argon2: SelfDescribing = { owns: (text) => text.startsWith('$argon2'), format };
