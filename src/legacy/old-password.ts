/**
 * What rests of an old account's password, and how it is checked. A hash that is quick to compute is wrapped: argon2id
 * over what the recipe makes of the password. One that carries a cost of its own is kept as it is. One that could be
 * read is hashed like a password of ours.
 */
import type { Hasher, PreparedHash } from '../credentials/hasher.ts';
import type { Outcome } from '../platform/failure.ts';
import type { Fingerprinter } from '../platform/seal/fingerprint.ts';
import type { Sealer } from '../platform/seal/sealer.ts';
import { readDeclaration } from './declaration.ts';
import { OLD_PASSWORD_TABLE, type OldPasswordState, type PasswordRow } from './old-password-store.ts';
import type { OldRecord } from './old-record.ts';
import {
  type Recipe,
  type RowFault,
  readRecipe,
  type StoredPassword,
  tryPassword,
} from './recipes/recipe.ts';

/** Opened content, by the state of its row. */
type Wrapped = PreparedHash & { salt?: string; userName?: string };

const placeOf = (source: string, localId: string) => ({
  table: OLD_PASSWORD_TABLE,
  column: 'content',
  row: `${source}/${localId}`,
});

/**
 * The password of a record as it is staged; undefined without one, and where the old system stopped the account: what
 * opens nothing there opens nothing here.
 */
export function sealPassword(
  { sealer, fingerprinter }: { sealer: Sealer; fingerprinter: Fingerprinter },
  source: string,
  { localId, password, userName, deleted, disabled }: OldRecord,
): { localId: string; content: Buffer; print: Buffer } | undefined {
  if (password === undefined || deleted || disabled) return undefined;
  const stored: StoredPassword = { ...password, ...(userName === undefined ? {} : { userName }) };
  const text = JSON.stringify(stored);
  return {
    localId,
    content: sealer.seal(placeOf(source, localId), text),
    print: fingerprinter.fingerprint(`old password ${source}`, text),
  };
}

const openContent = <Content>(sealer: Sealer, { source, localId, content }: PasswordRow): Content =>
  JSON.parse(sealer.open(placeOf(source, localId), content)) as Content;

/** Seals anew what is sealed, under the current key. */
export const resealed = (sealer: Sealer, row: PasswordRow): Buffer => {
  const place = placeOf(row.source, row.localId);
  return sealer.seal(place, sealer.open(place, row.content));
};

export type Settled =
  | { state: 'wrapped' | 'kept' | 'hashed'; content: Buffer }
  | { state: 'unreadable'; content: undefined; fault: RowFault['reason'] };

/**
 * What is to rest of a staged password. Failure `busy` (503).
 * @throws SealBroken
 */
export async function settlePassword(
  { sealer, hasher }: { sealer: Sealer; hasher: Hasher },
  recipe: Recipe,
  row: PasswordRow,
): Promise<Outcome<Settled>> {
  const stored = openContent<StoredPassword>(sealer, row);
  const read = recipe.read(stored);
  if (!read.ok)
    return { ok: true, value: { state: 'unreadable', content: undefined, fault: read.fault.reason } };
  const password = read.value;
  const seal = (content: object) => sealer.seal(placeOf(row.source, row.localId), JSON.stringify(content));
  if (password.kind === 'modular')
    return { ok: true, value: { state: 'kept', content: seal({ hash: password.stored }) } };
  const text = password.kind === 'digest' ? password.canonical : password.password;
  const hashed = await hasher.run(() => hasher.hash(text));
  if (!hashed.ok) return hashed;
  if (password.kind === 'reversible')
    return { ok: true, value: { state: 'hashed', content: seal(hashed.value) } };
  const wrapped: Wrapped = {
    ...hashed.value,
    ...(password.salt === undefined ? {} : { salt: password.salt }),
    ...(stored.userName === undefined ? {} : { userName: stored.userName }),
  };
  return { ok: true, value: { state: 'wrapped', content: seal(wrapped) } };
}

/** Whether a staged password could be read in the old system. @throws SealBroken */
export function isReversible(sealer: Sealer, recipe: Recipe, row: PasswordRow): boolean {
  const read = recipe.read(openContent<StoredPassword>(sealer, row));
  return read.ok && read.value.kind === 'reversible';
}

/** Whether this is the password. To be called within the hash queue. @throws SealBroken */
export async function checkPassword(
  { sealer, hasher }: { sealer: Sealer; hasher: Hasher },
  recipe: Recipe,
  row: PasswordRow & { state: OldPasswordState },
  password: string,
): Promise<boolean> {
  switch (row.state) {
    case 'stored': {
      // Not wrapped yet: as much work as if it were.
      const tried = await tryPassword(recipe, openContent<StoredPassword>(sealer, row), password);
      await hasher.hash(password);
      return tried.ok && tried.value;
    }
    case 'kept':
      return recipe.verify(password, openContent<{ hash: string }>(sealer, row).hash);
    case 'hashed':
      return hasher.matches(password, openContent<PreparedHash>(sealer, row));
    case 'wrapped': {
      const { salt, userName, ...prepared } = openContent<Wrapped>(sealer, row);
      const computed = await recipe.compute(password, { salt, userName });
      // A password that the recipe can make nothing of costs the same.
      const matches = await hasher.matches(computed ?? '', prepared);
      return matches && computed !== undefined;
    }
    default:
      return false;
  }
}

/** Reads the recipe of a declaration's text, each text once. Undefined where it declares none. */
export function makeRecipeReader(): (source: string, declaration: string) => Recipe | undefined {
  const known = new Map<string, { declaration: string; recipe: Recipe | undefined }>();
  return (source, declaration) => {
    const before = known.get(source);
    if (before?.declaration === declaration) return before.recipe;
    const declared = readDeclaration(declaration);
    const text = declared.ok ? declared.value.recipe : undefined;
    const read = text === undefined ? undefined : readRecipe(text);
    const recipe = read?.ok ? read.value : undefined;
    known.set(source, { declaration, recipe });
    return recipe;
  };
}
