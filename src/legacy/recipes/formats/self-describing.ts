/**
 * Values that carry their own parameters, computed here: everything but the hash (the setting) is handed back
 * as the digest's salt, and the canonical text is setting and hash. So even a slow hash of an old system rests
 * wrapped in argon2id, whatever cost that system once chose.
 */
import { LONGEST_STORED } from '../ceilings.ts';
import { isUsable } from '../password-text.ts';
import { fits, misfit, type PasswordFormat, type Read, type RowFault } from '../stored.ts';

export interface SelfDescribing {
  /** Whether a stored value, or a setting that was split off one, is of this kind. */
  owns(text: string): boolean;
  format: PasswordFormat;
}

/** A setting whose parameters were read and lie below the ceilings. */
export interface Opened {
  slow: boolean;
  /** The canonical hash that these bytes give. */
  derive(password: Buffer): Promise<string>;
}

export interface Making {
  /** In words, for reports: `$1$salt$hash`. */
  shape: string;
  /** What every value and every setting begins with. */
  marks: readonly string[];
  /** Takes a value apart, the hash in its canonical spelling. */
  cut(stored: string): { setting: string; hash: string } | undefined;
  /** Reads a setting and holds it against the ceilings; undefined when it has another shape. */
  open(setting: string): Read<Opened, RowFault> | undefined;
}

/** Gives a kind of value the common face; nothing beyond a ceiling is ever computed. */
export function selfDescribing({ shape, marks, cut, open }: Making): SelfDescribing {
  const owns = (text: string) => marks.some((mark) => text.startsWith(mark));
  return {
    owns,
    format: {
      read({ hash: stored }) {
        const text = stored.trim();
        const parts = text.length <= LONGEST_STORED && owns(text) ? cut(text) : undefined;
        const opened = parts && open(parts.setting);
        if (!opened) return misfit('shape', `expected ${shape}`);
        if (!opened.ok) return opened;
        const { setting, hash } = parts;
        return fits({ kind: 'digest', canonical: setting + hash, salt: setting, slow: opened.value.slow });
      },
      async compute(password, { salt: setting = '' }) {
        if (!isUsable(password) || setting.length > LONGEST_STORED || !owns(setting)) return undefined;
        const opened = open(setting);
        return opened?.ok ? setting + (await opened.value.derive(Buffer.from(password))) : undefined;
      },
      verify: async () => false,
    },
  };
}

export const tooCostly = (what: string, ceiling: number) =>
  misfit('cost', `${what} above the ceiling of ${ceiling}`);

/** Several kinds in one column, told apart by how the value begins. The last resort comes last. */
export function anyOf(kinds: readonly SelfDescribing[], shape: string): SelfDescribing {
  const ofText = (text: string) => kinds.find((kind) => kind.owns(text))?.format;
  return {
    owns: (text) => ofText(text) !== undefined,
    format: {
      read: (stored) => ofText(stored.hash.trim())?.read(stored) ?? misfit('shape', `expected ${shape}`),
      compute: async (password, facts) => ofText(facts.salt ?? '')?.compute(password, facts),
      verify: async (password, stored) => (await ofText(stored)?.verify(password, stored)) ?? false,
    },
  };
}

/** Another kind behind a mark (`{bcrypt}$2a$…`, `argon2$argon2id$…`); case of the mark does not count. */
export function behind(mark: string, inner: PasswordFormat): SelfDescribing {
  const owns = (text: string) => text.slice(0, mark.length).toLowerCase() === mark.toLowerCase();
  const strip = (text: string) => text.slice(mark.length);
  return {
    owns,
    format: {
      read(stored) {
        const read = inner.read({ ...stored, hash: strip(stored.hash.trimStart()) });
        if (!read.ok || read.value.kind === 'reversible') return read;
        if (read.value.kind === 'modular') return fits({ ...read.value, stored: mark + read.value.stored });
        return fits({ ...read.value, salt: mark + (read.value.salt ?? '') });
      },
      compute: async (password, facts) =>
        inner.compute(password, { ...facts, salt: strip(facts.salt ?? '') }),
      verify: (password, stored) => inner.verify(password, strip(stored)),
    },
  };
}
