/**
 * crypt(3) in its modular form. The thirteen characters of DES crypt are not taken: it looks at eight
 * characters of the password with a key of 56 bits, so whoever has one signs up anew.
 */
import { bcrypt } from './bcrypt.ts';
import { md5Crypt } from './md5-crypt.ts';
import { anyOf } from './self-describing.ts';
import { shaCrypt } from './sha-crypt.ts';

export const crypt = anyOf(
  [md5Crypt, shaCrypt, bcrypt],
  '$1$, $apr1$, $5$, $6$ or $2b$ and the rest of crypt(3)',
);
