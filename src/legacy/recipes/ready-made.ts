/**
 * Recipes by name: products met in departments. Most are formulas, so that a department can see what is
 * computed and write its own variant. docs/legacy-recipes.md says where each is met.
 */

import { hmacOf } from './digest.ts';
import { argon2 } from './formats/argon2.ts';
import { aspnetIdentity } from './formats/aspnet-identity.ts';
import { bcrypt, bcryptOf } from './formats/bcrypt.ts';
import { crypt } from './formats/crypt.ts';
import { django } from './formats/django.ts';
import { jeecgboot } from './formats/jeecgboot.ts';
import { ldap } from './formats/ldap.ts';
import { phpass } from './formats/phpass.ts';
import { plain } from './formats/plain.ts';
import { scryptFormats } from './formats/scrypt.ts';
import { anyOf, behind } from './formats/self-describing.ts';
import { shiro } from './formats/shiro.ts';
import { spring } from './formats/spring.ts';
import type { PasswordFormat } from './stored.ts';

export interface ReadyFormula {
  formula: string;
  /** For rows whose salt is empty or missing: the product's older way. */
  withoutSalt?: string;
  /** Characters of the whole stored value, where the formula alone leaves that open. */
  length?: number;
  /** `KEY` in the formula stands for a text of the site's own: `thinkcmf("…")`. */
  takesKey?: true;
}

export interface ReadyFormat {
  format: PasswordFormat;
  needs?: ('salt' | 'user-name')[];
}

const SALTED_TWICE: ReadyFormula = { formula: 'md5(md5(p)+s)' };
const SALTED_LATER: ReadyFormula = { formula: 'md5(md5(p)+s)', withoutSalt: 'md5(p)' };

/** phpass falls back to bcrypt where PHP has it. */
const phpassOrBcrypt = anyOf([phpass, bcrypt], '$P$ or $H$ and 31 characters, or bcrypt');

/** PHP's trim takes off ASCII blanks and NUL, and not the wider blanks of Unicode that ours does. */
const trimLikePhp = (text: string) => text.replace(/^[ \t\n\r\v\0]+/, '').replace(/[ \t\n\r\v\0]+$/, '');

/** Since 6.8: bcrypt, behind `$wp`, of base64 of an HMAC, so that more than 72 bytes count. */
const wordpressBcrypt = bcryptOf((password) =>
  hmacOf('sha384', Buffer.from('wp-sha384'), Buffer.from(trimLikePhp(password))).toString('base64'),
);
const wordpress = anyOf(
  [behind('$wp', wordpressBcrypt.format), phpass, bcrypt],
  '$wp$2y$ and 60 characters, $P$ and 31 characters, or bcrypt',
);

export const READY_MADE: Readonly<Record<string, ReadyFormula | ReadyFormat>> = {
  'ruoyi-classic': { formula: 'md5(u+p+s)' },
  discuz: SALTED_TWICE,
  phpcms: SALTED_TWICE,
  fastadmin: SALTED_TWICE,
  empirecms: SALTED_TWICE,
  ecshop: SALTED_LATER,
  phpwind: SALTED_LATER,
  'dedecms-admin': { formula: 'md5(p)[5..25]' },
  'dedecms-member': { formula: 'md5(p)' },
  onethink: { formula: 'md5(sha1(p)+KEY)', takesKey: true },
  thinkcmf: { formula: '"###"+md5(md5(KEY+p))', takesKey: true },
  jeesite: { formula: 's+repeat(1024, sha1, unhex(s)+p)', length: 56 },
  jeecgboot: { format: jeecgboot, needs: ['salt', 'user-name'] },
  guns: { formula: 'repeat(1024, md5, s+p)' },
  renren: { formula: 'sha256(s+p)' },
  bladex: { formula: 'sha1(md5(p))' },
  snowy: { formula: 'sm3(p)' },
  'sm3-v1': { formula: '"sm3$v1$"+s+"$"+sm3(s+p)' },
  'spring-salted': { formula: 'md5(p+"{"+s+"}")' },
  mysql: { formula: '"*"+upper(sha1(raw(sha1(p))))' },
  spring: { format: spring.format },
  django: { format: django.format },
  'aspnet-identity': { format: aspnetIdentity },
  phpass: { format: phpassOrBcrypt.format },
  wordpress: { format: wordpress.format },
  crypt: { format: crypt.format },
  ldap: { format: ldap.format },
  bcrypt: { format: bcrypt.format },
  shiro1: { format: shiro.format },
  scrypt: { format: scryptFormats.format },
  argon2: { format: argon2.format },
  plain: { format: plain },
};
