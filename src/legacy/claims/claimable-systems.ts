/** Old systems whose accounts can be claimed, and how: by their declarations, read once for each text. */
import type { Queryable } from '../../platform/postgres.ts';
import { type Declaration, readDeclaration } from '../declaration.ts';
import { expiryOf } from '../password-expiry.ts';
import { claimableSystems } from './claim-store.ts';

export interface ClaimableSystem {
  source: string;
  title: Declaration['title'];
  /** Passwords came with its dump and have not expired; phones came with it, or its login interface may tell them. */
  byPassword: boolean;
  byPhone: boolean;
}

/** Reads declarations' texts, each once; undefined for one that a later version of this server does not understand. */
export function makeDeclarationReader(): (source: string, text: string) => Declaration | undefined {
  const known = new Map<string, { text: string; declaration: Declaration | undefined }>();
  return (source, text) => {
    const before = known.get(source);
    if (before?.text === text) return before.declaration;
    const read = readDeclaration(text);
    const declaration = read.ok ? read.value : undefined;
    known.set(source, { text, declaration });
    return declaration;
  };
}

/** Those of which any account could be claimed; of several with one title each. */
export async function listClaimable(
  on: Queryable,
  read: ReturnType<typeof makeDeclarationReader>,
  now: Date,
): Promise<ClaimableSystem[]> {
  const rows = await claimableSystems(on);
  return rows.flatMap(({ source, declaration: text, since }) => {
    const declared = read(source, text);
    if (!declared) return [];
    const { title, person, recipe } = declared;
    const byPassword = person?.password !== undefined && recipe !== undefined && now < expiryOf(text, since);
    const byPhone = person?.phone !== undefined;
    return byPassword || byPhone ? [{ source, title, byPassword, byPhone }] : [];
  });
}
