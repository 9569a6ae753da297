/**
 * bcrypt: $2a$, $2b$ and $2y$ are one algorithm to this library; $2x$ (sign-extension bug of 2011) is not
 * taken. Bytes beyond the seventy-second do not count, as in the old systems.
 */
import { CEILINGS } from '../ceilings.ts';
import { isUsable } from '../password-text.ts';
import { fits, misfit, type PasswordFormat } from '../stored.ts';
import { type SelfDescribing, tooCostly } from './self-describing.ts';

const STORED = /^\$2[aby]\$(\d\d)\$[./0-9A-Za-z]{53}$/;
const LEAST_COST = 4;

/** `before`: what the old system did to the password first. */
export function bcryptOf(before?: (password: string) => string): SelfDescribing {
  const format: PasswordFormat = {
    read({ hash }) {
      const stored = hash.trim();
      const cost = Number(STORED.exec(stored)?.[1]);
      if (!(cost >= LEAST_COST))
        return misfit('shape', 'expected $2a$, $2b$ or $2y$ and 60 characters in all');
      if (cost > CEILINGS.bcryptCost) return tooCostly('bcrypt cost', CEILINGS.bcryptCost);
      return fits({ kind: 'modular', stored, slow: true });
    },
    compute: async () => undefined,
    async verify(password, stored) {
      if (!isUsable(password) || !format.read({ hash: stored }).ok) return false;
      // Loaded on first use: a house without bcrypt rows needs no native library for it.
      const { verify } = await import('@node-rs/bcrypt');
      return verify(before ? before(password) : password, stored.trim());
    },
  };
  return { owns: (text) => /^\$2[abxy]\$/.test(text), format };
}

export const bcrypt = bcryptOf();
