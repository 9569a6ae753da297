/**
 * What an authorization under way has found out, kept on the server so that nobody types twice and nothing
 * that was proven travels through the browser. Sealed; found by a hash of the interaction's id, which only the
 * browser's cookie knows.
 */
import { createHash } from 'node:crypto';
import type { PersonId } from '../accounts/person.ts';
import type { PreparedHash } from '../credentials/password.ts';
import type { SmsPurpose } from '../credentials/sms-code.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database, Queryable } from '../platform/postgres.ts';
import { reseal } from '../platform/seal/reseal-store.ts';
import type { Sealer } from '../platform/seal/sealer.ts';
import { beginNote, deleteNote, findNote, replaceNote, reviseNote, sweepNotes } from './notes-store.ts';

export interface Note {
  /** A code is on its way and not yet entered. */
  codeSent?: SentCode | undefined;
  /** This browser proved to hold the phone; whose it is was looked up then. Times are ISO 8601. */
  phoneProven?: { phone: string; at: string; persons: PersonId[] } | undefined;
  registration?: RegistrationNote | undefined;
  /** A registration that waits for the register: its ticket. */
  ticket?: string | undefined;
  /** An account was opened in this authorization and its person may go on. */
  opened?: { personId: PersonId; at: string } | undefined;
  /** The password was right, but somebody else chose it. */
  mustChange?: { personId: PersonId; at: string } | undefined;
}

export interface SentCode {
  phone: string;
  purpose: SmsPurpose;
  /** ISO 8601: when the next one may be asked for, and when this one ends. */
  againAt: string;
  endsAt: string;
}

/** A registration as typed so far. The password is there as its hash only. */
export interface RegistrationNote {
  documentType?: string;
  documentNumber?: string;
  country?: string;
  name?: string;
  tibetanName?: string;
  notice?: { version: string; at: string };
  phone?: string;
  phoneProvenAt?: string;
  password?: PreparedHash;
}

export interface Notes {
  /** What stands there, or an empty note. */
  read(uid: string): Promise<ReadNote>;
  /**
   * Writes on from what was read; false when another request of the same authorization wrote in between (a
   * button pressed twice, a second tab): then nothing is written. In an open transaction, if given as `on`.
   */
  revise(uid: string, from: ReadNote, note: Note, on?: Queryable): Promise<boolean>;
  /** Writes whatever stood there before. */
  replace(uid: string, note: Note, on?: Queryable): Promise<void>;
  forget(uid: string): Promise<void>;
  /** Deletes a batch of expired notes; says how many. */
  sweep(most?: number): Promise<number>;
}

/** A note and which one it was; 0 for none. */
export interface ReadNote extends Note {
  readonly version: number;
}

export function openNotes(deps: {
  database: Database;
  sealer: Sealer;
  clock: Clock;
  minutes: number;
}): Notes {
  const { database, sealer, clock } = deps;
  const place = (id: string) => ({ table: 'interaction_note', column: 'note', row: id });
  const seal = (id: string, { version: _, ...note }: Note & { version?: number }) =>
    sealer.seal(place(id), JSON.stringify(note));
  const end = () => new Date(clock.now().getTime() + deps.minutes * 60_000);
  return {
    async read(uid) {
      const id = idOf(uid);
      const found = await findNote(database, id, clock.now());
      if (!found) return { version: 0 };
      return { ...(JSON.parse(sealer.open(place(id), found.note)) as Note), version: found.version };
    },
    async revise(uid, { version }, note, on = database) {
      const id = idOf(uid);
      const sealed = seal(id, note);
      return version === 0
        ? beginNote(on, id, sealed, end(), clock.now())
        : reviseNote(on, id, sealed, end(), version);
    },
    async replace(uid, note, on = database) {
      const id = idOf(uid);
      await replaceNote(on, id, seal(id, note), end());
    },
    forget: (uid) => deleteNote(database, idOf(uid)),
    sweep: (most = 1_000) => sweepNotes(database, clock.now(), most),
  };
}

/** Seals all notes anew under the current key; says how many were under an older one. */
export const resealNotes = (on: Queryable, sealer: Sealer): Promise<number> =>
  reseal(on, sealer, { table: 'interaction_note', column: 'note', key: 'id' });

const idOf = (uid: string): string =>
  createHash('sha256').update('interaction note ').update(uid).digest('base64url');
