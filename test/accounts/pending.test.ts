import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PendingDraft } from '../../src/accounts/pending.ts';
import { type FreshDatabase, stores } from '../support/stores.ts';
import { draft, type Opened, open, value } from './opened.ts';

describe.each(stores)('waiting registrations on $name', (store) => {
  let fresh: FreshDatabase;
  let room: Opened;
  let now = new Date('2026-11-23T04:00:00Z');

  beforeAll(async () => {
    fresh = await store.fresh();
    room = open(fresh.database, { clock: { now: () => now } });
  });

  afterAll(async () => {
    await room.audit.close();
    await fresh.drop();
  });

  const typed: PendingDraft = {
    ...draft(1, {
      phone: '13800000000',
      phoneVerifiedAt: new Date('2026-11-23T03:59:59.123Z'),
      userName: 'tashi.d',
    }),
    carried: { passwordHash: '$argon2id$…', language: 'bo' },
  };
  const keep = (what = typed) => fresh.database.transaction((tx) => room.accounts.pending.create(tx, what));

  test('nothing typed is lost, and the ticket says how it stands', async () => {
    const { id, ticket } = await keep();
    expect(await room.accounts.pending.open(id)).toEqual(typed);
    expect(await room.accounts.pending.byTicket(ticket)).toEqual({ id, state: 'waiting', createdAt: now });
    expect(await room.accounts.pending.waiting(10)).toContain(id);
  });

  test('done: the account exists, the draft is gone, the ticket tells', async () => {
    const { id, ticket } = await keep();
    const { carried, ...person } = (await room.accounts.pending.open(id))!;
    expect(carried!.language).toBe('bo');
    const created = await fresh.database.transaction(async (tx) => {
      const outcome = value(await room.accounts.create(tx, person));
      expect(await room.accounts.pending.settle(tx, id, { state: 'done', personId: outcome.id })).toBe(true);
      return outcome;
    });
    expect(await room.accounts.pending.open(id)).toBeUndefined();
    const found = await room.accounts.pending.byTicket(ticket);
    expect(found).toEqual({ id, state: 'done', createdAt: now, settledAt: now, personId: created.id });
    expect(await room.accounts.get(created.id)).toMatchObject({ phoneVerifiedAt: typed.phoneVerifiedAt });
  });

  test('refused: with the reason, and without the draft', async () => {
    const { id, ticket } = await keep();
    await fresh.database.transaction((tx) =>
      room.accounts.pending.settle(tx, id, { state: 'refused', reason: 'register-mismatch' }),
    );
    expect(await room.accounts.pending.byTicket(ticket)).toMatchObject({
      state: 'refused',
      reason: 'register-mismatch',
    });
    expect(await room.accounts.pending.open(id)).toBeUndefined();
  });

  test('two workers settle one registration: one of them does', async () => {
    const { id } = await keep();
    const settle = () =>
      fresh.database.transaction((tx) =>
        room.accounts.pending.settle(tx, id, { state: 'refused', reason: 'x' }),
      );
    const settled = await Promise.all([settle(), settle(), settle()]);
    expect(settled.filter(Boolean)).toHaveLength(1);
  });

  test('a wrong ticket finds nothing, and the right one is not in the database', async () => {
    const { ticket } = await keep();
    for (const wrong of ['', 'x', ticket.slice(1), `${ticket}A`, ticket.toLowerCase(), 'A'.repeat(43)]) {
      expect(await room.accounts.pending.byTicket(wrong)).toBeUndefined();
    }
    const rows = await fresh.database.query('SELECT p::text AS row FROM pending_registration p');
    expect(JSON.stringify(rows)).not.toContain(ticket);
    expect(JSON.stringify(rows)).not.toContain(Buffer.from(ticket).toString('hex'));
    expect(JSON.stringify(rows)).not.toContain(Buffer.from(ticket, 'base64url').toString('hex'));
  });

  test('old ones are swept away in small batches, waiting or not', async () => {
    now = new Date('2027-01-15T04:00:00Z');
    const { id: young } = await keep();
    expect(await room.accounts.pending.sweep(2)).toBe(2);
    while ((await room.accounts.pending.sweep(2)) > 0);
    expect(await room.accounts.pending.waiting(100)).toEqual([young]);
  });
});
