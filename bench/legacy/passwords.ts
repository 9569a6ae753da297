/** Passwords as the old system stored them: by one recipe, as the declaration says. */
import { hash } from 'node:crypto';

export const RECIPES = ['discuz', 'bcrypt', 'spring'] as const;
/** discuz: salted MD5. bcrypt: carries its own cost. spring: both, behind `{bcrypt}` and `{MD5}`. */
export type RecipeName = (typeof RECIPES)[number];

/** Of `Test@1234`; making one for each row would measure bcrypt. */
const BCRYPT = '$2b$10$abcdefghijklmnopqrstuu7kXHmG8OjKtatQOLmf/tLKnTDLZSYzK';

const md5 = (text: string) => hash('md5', text, 'hex');

/** The password of row n is `Old-n`, where it is not bcrypt. */
export function storedPassword(
  recipe: RecipeName,
  seed: string,
  n: number,
): { password: string; salt: string } {
  if (recipe === 'bcrypt') return { password: BCRYPT, salt: '' };
  if (recipe === 'spring')
    return { password: n % 2 === 0 ? `{bcrypt}${BCRYPT}` : `{MD5}${md5(`Old-${n}`)}`, salt: '' };
  const salt = hash('sha256', `${seed}\nsalt\n${n}`, 'hex').slice(0, 6);
  return { password: md5(md5(`Old-${n}`) + salt), salt };
}
