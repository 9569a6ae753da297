/**
 * What people agreed to share with whom, remembered until they take it back. Applications on a statutory duty
 * have a notice in the same place: shown once per scope set, not asked.
 */
import type { AuditTrail } from '../audit/trail.ts';
import type { Client } from '../clients/client.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database, Transaction } from '../platform/postgres.ts';
import { NOTHING, union } from './agreed.ts';
import {
  type Agreed,
  type Consent,
  deleteConsent,
  findConsent,
  listConsents,
  lockConsent,
  putConsent,
} from './consent-store.ts';

export type { Agreed, Consent } from './consent-store.ts';

export interface Consents {
  find(personId: string, clientId: string): Promise<Consent | undefined>;
  ofPerson(personId: string): Promise<Consent[]>;
  /** Adds to what was agreed before, with its audit event; returns the whole. */
  add(personId: string, client: Client, agreed: Agreed, channel: string): Promise<Agreed>;
  /** Takes everything back in the caller's transaction, with its audit event. False when there was nothing. */
  remove(tx: Transaction, personId: string, clientId: string, actor: string): Promise<boolean>;
}

export function openConsents(deps: { database: Database; trail: AuditTrail; clock: Clock }): Consents {
  const { database, trail, clock } = deps;
  return {
    find: (personId, clientId) => findConsent(database, personId, clientId),
    ofPerson: (personId) => listConsents(database, personId),
    add: (personId, client, agreed, channel) =>
      database.transaction(async (tx) => {
        const before = (await lockConsent(tx, personId, client.id)) ?? NOTHING;
        const whole = union(before, agreed);
        await putConsent(tx, personId, {
          ...whole,
          clientId: client.id,
          basis: client.legalBasis,
          changedAt: clock.now(),
        });
        await trail.append(tx, {
          type: 'consent.granted',
          personId,
          clientId: client.id,
          actor: 'self',
          channel,
          outcome: 'success',
          detail: { basis: client.legalBasis, scopes: agreed.scopes, claims: agreed.claims },
        });
        return whole;
      }),
    async remove(tx, personId, clientId, actor) {
      const removed = await deleteConsent(tx, personId, clientId);
      if (removed)
        await trail.append(tx, { type: 'consent.revoked', personId, clientId, actor, outcome: 'success' });
      return removed;
    },
  };
}
