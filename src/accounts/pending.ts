/**
 * Registrations that wait because a register did not answer. Nothing typed is lost: the draft rests sealed until
 * somebody settles it, and the person holds a ticket to ask how it stands.
 */
import { createHash, randomBytes, randomUUIDv7 } from 'node:crypto';
import type { Queryable, Transaction } from '../platform/postgres.ts';
import {
  deletePending,
  insertPending,
  PENDING_TABLE,
  selectByTicket,
  selectDraft,
  selectWaiting,
  settlePending,
} from './pending-store.ts';
import { isPersonId, type PersonDraft, type PersonId } from './person.ts';
import type { Room } from './room.ts';

/** The account to be opened, and whatever else must survive the wait (a prepared password hash, the language). */
export interface PendingDraft extends PersonDraft {
  carried?: Record<string, string>;
}

export interface PendingRegistration {
  id: string;
  state: 'waiting' | 'done' | 'refused';
  createdAt: Date;
  settledAt?: Date;
  /** The account, when done. */
  personId?: PersonId;
  /** A failure code, when refused. */
  reason?: string;
}

export type Settlement = { state: 'done'; personId: PersonId } | { state: 'refused'; reason: string };

export interface PendingRegistrations {
  /** Keeps a draft. The ticket is told once; only its hash is stored. */
  create(tx: Transaction, draft: PendingDraft): Promise<{ id: string; ticket: string }>;
  byTicket(ticket: string): Promise<PendingRegistration | undefined>;
  /** The draft, or undefined once settled. */
  open(id: string, on?: Queryable): Promise<PendingDraft | undefined>;
  /** Ends the wait and erases the draft; false when another worker did so first: roll back then. */
  settle(tx: Transaction, id: string, settlement: Settlement): Promise<boolean>;
  /** Oldest first, to queue again what a lost queue forgot. */
  waiting(most: number): Promise<string[]>;
  /** Removes registrations older than the setting says, waiting or not, at most so many; returns how many. */
  sweep(most: number): Promise<number>;
}

const TICKET_BYTES = 32;
const TICKET = /^[A-Za-z0-9_-]{43}$/;
const DAY_MS = 86_400_000;

export function makePending({ database, sealer, clock, settings }: Room): PendingRegistrations {
  return {
    async create(tx, draft) {
      const id = randomUUIDv7();
      const ticket = randomBytes(TICKET_BYTES).toString('base64url');
      const sealed = sealer.seal(draftPlace(id), JSON.stringify(draft));
      await insertPending(tx, { id, ticketHash: hashTicket(ticket), draft: sealed, now: clock.now() });
      return { id, ticket };
    },
    async byTicket(ticket) {
      if (!TICKET.test(ticket)) return undefined;
      const row = await selectByTicket(database, hashTicket(ticket));
      if (!row) return undefined;
      const registration: PendingRegistration = { id: row.id, state: row.state, createdAt: row.created_at };
      if (row.settled_at) registration.settledAt = row.settled_at;
      if (row.person_id) registration.personId = row.person_id as PersonId;
      if (row.reason) registration.reason = row.reason;
      return registration;
    },
    async open(id, on = database) {
      if (!isPersonId(id)) return undefined;
      const sealed = await selectDraft(on, id);
      return sealed && readDraft(sealer.open(draftPlace(id), sealed));
    },
    settle: (tx, id, settlement) => settlePending(tx, id, { ...settlement, now: clock.now() }),
    waiting: (most) => selectWaiting(database, most),
    sweep(most) {
      const before = new Date(clock.now().getTime() - settings.pendingKeepDays * DAY_MS);
      return deletePending(database, before, most);
    },
  };
}

export const draftPlace = (id: string) => ({ table: PENDING_TABLE, column: 'draft', row: id });

/** A ticket is 256 random bits, so a plain hash keeps it: there is nothing to guess. */
const hashTicket = (ticket: string): Buffer => createHash('sha256').update(ticket).digest();

function readDraft(json: string): PendingDraft {
  const draft = JSON.parse(json) as PendingDraft & { phoneVerifiedAt?: string };
  const { phoneVerifiedAt, ...rest } = draft;
  return phoneVerifiedAt === undefined ? rest : { ...rest, phoneVerifiedAt: new Date(phoneVerifiedAt) };
}
