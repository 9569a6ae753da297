/** Passwords in the clear: read as they stand, blanks and all. */
import { isUsable } from '../password-text.ts';
import { fits, misfit, type PasswordFormat } from '../stored.ts';

export const plain: PasswordFormat = {
  read: ({ hash }) =>
    isUsable(hash)
      ? fits({ kind: 'reversible', password: hash, slow: false })
      : misfit('shape', 'expected a password of 1 to 1024 characters'),
  compute: async () => undefined,
  verify: async () => false,
};
