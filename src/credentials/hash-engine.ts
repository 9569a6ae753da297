/**
 * argon2id (RFC 9106) by whichever native library loads. @node-rs/argon2 needs about half the CPU; argon2
 * compiles where no prebuilt binary fits. Both write and read the same PHC strings, so a server may change
 * engines between starts, and two nodes may use different ones.
 */
import { randomBytes } from 'node:crypto';

/** Cost of one hash. */
export interface HashParameters {
  memoryKib: number;
  passes: number;
  lanes: number;
}

export type EngineName = 'node-rs' | 'argon2';

export interface HashEngine {
  readonly name: EngineName;
  /**
   * A PHC string with a fresh random salt of 16 bytes and a tag of 32. Works on the thread pool. The input is
   * text, because @node-rs/argon2 verifies nothing but UTF-8.
   */
  hash(input: string, parameters: HashParameters): Promise<string>;
  /** Whether the PHC string was made from this input. @throws when the string is not PHC. */
  verify(phc: string, input: string): Promise<boolean>;
}

const SALT_BYTES = 16;
const TAG_BYTES = 32;
/** In both libraries: argon2id, version 1.3. */
const ARGON2ID = 2;
const VERSION_13 = 0x13;

const ENGINES: Record<EngineName, () => Promise<HashEngine>> = {
  'node-rs': loadNodeRs,
  argon2: loadArgon2,
};

/** Loads the preferred engine, or else the other. @throws with both reasons when neither loads. */
export async function loadHashEngine(preferred: EngineName = 'node-rs'): Promise<HashEngine> {
  const order: EngineName[] = preferred === 'node-rs' ? ['node-rs', 'argon2'] : ['argon2', 'node-rs'];
  const reasons: unknown[] = [];
  for (const name of order) {
    try {
      return await ENGINES[name]();
    } catch (reason) {
      reasons.push(reason);
    }
  }
  throw new AggregateError(reasons, 'neither @node-rs/argon2 nor argon2 could be loaded');
}

async function loadNodeRs(): Promise<HashEngine> {
  const library = await import('@node-rs/argon2');
  return {
    name: 'node-rs',
    hash: (input, parameters) =>
      library.hash(input, {
        algorithm: ARGON2ID,
        memoryCost: parameters.memoryKib,
        timeCost: parameters.passes,
        parallelism: parameters.lanes,
        outputLen: TAG_BYTES,
        salt: randomBytes(SALT_BYTES),
      }),
    verify: (phc, input) => library.verify(phc, input),
  };
}

async function loadArgon2(): Promise<HashEngine> {
  const library = await import('argon2');
  return {
    name: 'argon2',
    async hash(input, parameters) {
      const salt = randomBytes(SALT_BYTES);
      const tag = await library.hash(input, {
        type: ARGON2ID,
        version: VERSION_13,
        memoryCost: parameters.memoryKib,
        timeCost: parameters.passes,
        parallelism: parameters.lanes,
        hashLength: TAG_BYTES,
        salt,
        raw: true,
      });
      return phcOf(parameters, salt, tag);
    },
    verify: (phc, input) => library.verify(phc, input),
  };
}

/** Written here because argon2 itself puts the parameters in an order of its own (m, p, t). */
function phcOf({ memoryKib, passes, lanes }: HashParameters, salt: Buffer, tag: Buffer): string {
  const text = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
  return `$argon2id$v=${VERSION_13}$m=${memoryKib},t=${passes},p=${lanes}$${text(salt)}$${text(tag)}`;
}

const PHC = /^\$(argon2(?:id|i|d))\$v=(\d+)\$m=(\d+),t=(\d+),p=(\d+)\$/;

/** What a PHC string was made with, or undefined when it is not argon2id version 1.3. */
export function parametersOf(phc: string): HashParameters | undefined {
  const [, type, version, memory, passes, lanes] = PHC.exec(phc) ?? [];
  if (type !== 'argon2id' || Number(version) !== VERSION_13) return undefined;
  return { memoryKib: Number(memory), passes: Number(passes), lanes: Number(lanes) };
}

/** Whether a hash is weaker than the parameters now asked for. A stronger one is left as it is. */
export function isOutdated(phc: string, wanted: HashParameters): boolean {
  const had = parametersOf(phc);
  return had === undefined || had.memoryKib < wanted.memoryKib || had.passes < wanted.passes;
}

/** Work of one hash in KiB filled; time is very nearly proportional to it. */
export const workOf = ({ memoryKib, passes }: HashParameters): number => memoryKib * passes;
