/**
 * After a change of keys: old accounts are sealed anew and found anew, page by page. A row that a dump replaces
 * meanwhile was written with the current keys and is left alone.
 */
import type { Queryable } from '../platform/postgres.ts';
import type { Fingerprinter } from '../platform/seal/fingerprint.ts';
import type { Sealer } from '../platform/seal/sealer.ts';
import { renewNames } from './lazy/login-names.ts';
import { resealed } from './old-password.ts';
import { passwordsForKeys, resealPasswords } from './old-password-store.ts';
import { openRow, sealRow } from './staged-organisation.ts';
import { pageForKeys, replaceKeyed } from './staging-store.ts';

const PAGE = 500;

/** Moves what is not under the current keys; returns how many rows it was. Again goes on where it stopped. */
export async function renewOldAccounts(
  on: Queryable,
  room: { sealer: Sealer; fingerprinter: Fingerprinter },
): Promise<number> {
  const { sealer, fingerprinter } = room;
  let moved = 0;
  let after = { source: '', localId: '' };
  for (;;) {
    const rows = await pageForKeys(on, after, PAGE);
    if (rows.length === 0)
      return moved + (await renewOldPasswords(on, sealer)) + (await renewNames(on, room));
    const last = rows.at(-1)!;
    after = { source: last.source, localId: last.local_id };
    const old = rows.filter(
      ({ content, key_id }) =>
        key_id !== fingerprinter.currentKeyId || sealer.keyId(content) !== sealer.currentKeyId,
    );
    const renewed = old.map((row) => ({
      source: row.source,
      was: row.content,
      row: sealRow(room, row.source, openRow(sealer, row.source, row)),
    }));
    if (renewed.length > 0) moved += await replaceKeyed(on, fingerprinter.currentKeyId, renewed);
  }
}

async function renewOldPasswords(on: Queryable, sealer: Sealer): Promise<number> {
  let moved = 0;
  let after = { source: '', localId: '' };
  for (;;) {
    const rows = await passwordsForKeys(on, after, PAGE);
    if (rows.length === 0) return moved;
    after = rows.at(-1)!;
    const old = rows.filter(({ content }) => sealer.keyId(content) !== sealer.currentKeyId);
    moved += await resealPasswords(
      on,
      old.map((was) => ({ was, content: resealed(sealer, was) })),
    );
  }
}
