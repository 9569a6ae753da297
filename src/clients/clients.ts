/**
 * The register of applications: created, reviewed, tried out, live, suspended. Every change is audited in its
 * own transaction and reaches every node within the cache time.
 */
import type { AuditEntry, AuditEvent } from '../audit/events.ts';
import type { AuditTrail } from '../audit/trail.ts';
import type { Clock } from '../platform/clock.ts';
import { done, type Failure, failed, type Outcome } from '../platform/failure.ts';
import type { Database, Queryable, Transaction } from '../platform/postgres.ts';
import { makeClientCache } from './cache.ts';
import {
  type Client,
  type ClientState,
  isClientId,
  isResourceIdentifier,
  mayStep,
  needsSecret,
  type Words,
} from './client.ts';
import type { DefinitionFailure } from './definition.ts';
import { firstPartyDraft, sameDraft, toDraft } from './draft.ts';
import { judgeDefinition } from './onboarding.ts';
import { hashSecret, makeSecret, type StoredSecret, secretMatches, secretReference } from './secret.ts';
import type { ClientsSettings } from './settings.ts';
import * as store from './store.ts';

/** Who changes something and why; goes into the audit trail. */
export interface By {
  /** `system`, `operator:<id>`. */
  actor: string;
  reason?: string | undefined;
  channel?: string | undefined;
}

type Change = 'created' | 'changed' | 'none';

/** A failure of a definition carries `faults`; others are `client-exists`, `client-unknown`, `client-step`, … */
export type ClientOutcome<Value> =
  | { ok: true; value: Value }
  | { ok: false; failure: Failure | DefinitionFailure };

export interface SecretListing {
  /** Short name, the same in audit; the secret cannot be found from it. */
  reference: string;
  createdAt: Date;
  expiresAt: Date | undefined;
}

export interface Clients {
  /** Registers an application; the secret, where it needs one and brought none, is in the answer and nowhere else. */
  create(definition: unknown, by: By): Promise<ClientOutcome<{ client: Client; secret: string | undefined }>>;
  /** Creates or updates what configuration declares; does nothing where nothing changed. Never resumes a suspended one. */
  ensure(definition: unknown, by: By): Promise<ClientOutcome<{ client: Client; change: Change }>>;
  /** This server's own pages as a client of itself: no consent, no secret. */
  ensureFirstParty(own: {
    id: string;
    name: Words;
    redirectUris: string[];
    postLogoutRedirectUris: string[];
  }): Promise<Client>;
  /** Replaces the definition of an existing application; its state stays. */
  change(id: string, definition: unknown, by: By): Promise<ClientOutcome<Client>>;
  /** One step of the life cycle; going live judges the definition again, more strictly. */
  step(id: string, to: Exclude<ClientState, 'suspended'>, by: By): Promise<ClientOutcome<Client>>;
  /** Stops it on every node within the cache time (≤ 5 s): no new sign-in, no token, no answer to old tokens. */
  suspend(id: string, by: By): Promise<Outcome<Client>>;
  resume(id: string, by: By): Promise<Outcome<Client>>;
  /** A new secret, shown once. The one before stays valid for `graceDays` (default from the settings, 0 = ends now). */
  rotateSecret(
    id: string,
    by: By,
    options?: { graceDays?: number },
  ): Promise<Outcome<{ secret: string; oldUntil: Date }>>;
  list(): Promise<(Client & { secrets: SecretListing[] })[]>;
  /** In any state; at most `cacheSeconds` old. The same object as long as its version is the same. */
  get(id: string): Promise<Client | undefined>;
  /** The application that offers this interface (RFC 8707 resource identifier); cached like `get`. */
  byResource(identifier: string): Promise<Client | undefined>;
  /** Who is told of old accounts by events, and its sector; also who is suspended. As it stands now, not cached. */
  takingLegacyEvents(on: Queryable): Promise<{ id: string; sector: string }[]>;
  /** Constant-time comparison with the valid secrets; false for unknown clients. */
  checkSecret(id: string, presented: string): Promise<boolean>;
}

export function openClients(deps: {
  database: Database;
  audit: AuditTrail;
  clock: Clock;
  settings: ClientsSettings;
}): Clients {
  const { database, audit, clock, settings } = deps;
  const seconds = settings.cacheSeconds;
  const byId = makeClientCache((id) => store.findClient(database, id), { clock, seconds });
  const byResource = makeClientCache((identifier) => store.findClientByResource(database, identifier), {
    clock,
    seconds,
  });

  /** Runs a change and forgets what this node knew; unique rules that say no become failures. */
  const changing = async <Value>(
    id: string,
    work: (tx: Transaction) => Promise<ClientOutcome<Value>>,
  ): Promise<ClientOutcome<Value>> => {
    try {
      return await database.transaction(work);
    } catch (error) {
      const conflict = store.clientConflict(error);
      if (conflict === undefined) throw error;
      return failed(conflict, 409);
    } finally {
      byId.forget(id);
    }
  };

  const judge = (definition: unknown, standing?: ClientState) =>
    judgeDefinition(definition, standing, settings.sampleSecrets);

  const reread = async (tx: Transaction, id: string): Promise<Client> =>
    (await store.findClient(tx, id))!.client;

  const putSecret = async (tx: Transaction, id: string, secret: string, graceDays: number): Promise<Date> => {
    const at = clock.now();
    const oldUntil = new Date(at.getTime() + graceDays * DAY_MS);
    const expiresAt =
      settings.secretLifeDays === undefined
        ? undefined
        : new Date(at.getTime() + settings.secretLifeDays * DAY_MS);
    await store.addSecret(tx, id, { hash: hashSecret(secret), at, expiresAt, oldUntil });
    return oldUntil;
  };

  /** Locks, lets `work` decide, and answers `client-unknown` where there is nothing to lock. */
  const withClient = <Value>(
    id: string,
    work: (tx: Transaction, found: store.ClientWithSecrets) => Promise<ClientOutcome<Value>>,
  ): Promise<ClientOutcome<Value>> =>
    changing(id, async (tx) => {
      const found = isClientId(id) ? await store.lockClient(tx, id) : undefined;
      return found ? work(tx, found) : failed('client-unknown', 404);
    });

  return {
    async create(definition, by) {
      const judged = judge(definition);
      if (!judged.ok) return judged;
      const draft = toDraft(judged.value);
      const made = judged.value.secret ?? (needsSecret(draft.metadata) ? makeSecret() : undefined);
      return changing(draft.id, async (tx) => {
        await store.insertClient(tx, draft, clock.now());
        if (made !== undefined) await putSecret(tx, draft.id, made, 0);
        const client = await reread(tx, draft.id);
        await audit.append(tx, {
          ...entry('client.created', draft.id, by),
          detail: { state: draft.state, scopes: draft.scopes },
        });
        return done({ client, secret: judged.value.secret === undefined ? made : undefined });
      });
    },

    async ensure(definition, by) {
      const judged = judge(definition);
      if (!judged.ok) return judged;
      const draft = toDraft(judged.value);
      const { secret } = judged.value;
      const attempt = () =>
        changing<{ client: Client; change: Change }>(draft.id, async (tx) => {
          const found = await store.lockClient(tx, draft.id);
          if (!found) {
            await store.insertClient(tx, draft, clock.now());
            if (secret !== undefined) await putSecret(tx, draft.id, secret, 0);
            const client = await reread(tx, draft.id);
            await audit.append(tx, entry('client.created', draft.id, by));
            return done({ client, change: 'created' });
          }
          const next = { ...draft, state: found.client.state };
          const changed = !sameDraft(found, next);
          const newSecret = secret !== undefined && !secretMatches(secret, found.secrets, clock.now());
          if (!changed && !newSecret) return done({ client: found.client, change: 'none' });
          if (changed) await store.updateClient(tx, next, clock.now());
          if (newSecret) await putSecret(tx, draft.id, secret, settings.secretGraceDays);
          const client = await reread(tx, draft.id);
          await audit.append(tx, entry('client.changed', draft.id, by));
          return done({ client, change: 'changed' });
        });
      const outcome = await attempt();
      // Two nodes starting together: the other one created it a moment ago.
      return !outcome.ok && outcome.failure.code === 'client-exists' ? attempt() : outcome;
    },

    async ensureFirstParty(own) {
      const draft = firstPartyDraft(own);
      const attempt = () =>
        changing(draft.id, async (tx) => {
          const found = await store.lockClient(tx, draft.id);
          if (found && sameDraft(found, draft)) return done(found.client);
          if (found) await store.updateClient(tx, draft, clock.now());
          else await store.insertClient(tx, draft, clock.now());
          const client = await reread(tx, draft.id);
          await audit.append(
            tx,
            entry(found ? 'client.changed' : 'client.created', draft.id, { actor: 'system' }),
          );
          return done(client);
        });
      const first = await attempt();
      const outcome = first.ok ? first : await attempt();
      if (!outcome.ok)
        throw new Error(`the client ${own.id} of our own pages cannot be stored: ${outcome.failure.code}`);
      return outcome.value;
    },

    async change(id, definition, by) {
      return withClient(id, async (tx, found) => {
        const standing = found.resumesTo ?? found.client.state;
        const judged = judge({ ...(definition as object), client_id: id }, standing);
        if (!judged.ok) return judged;
        if (judged.value.secret !== undefined) return failed('client-secret-by-rotation', 400);
        if (found.client.firstParty) return failed('client-first-party', 409);
        await store.updateClient(tx, { ...toDraft(judged.value), state: found.client.state }, clock.now());
        const client = await reread(tx, id);
        await audit.append(tx, entry('client.changed', id, by));
        return done(client);
      });
    },

    async step(id, to, by) {
      return withClient(id, async (tx, found) => {
        const from = found.client.state;
        if (!mayStep(from, to)) return failed('client-step', 409, { params: { from, to } });
        if (to === 'live') {
          const judged = judge(found.definition, 'live');
          if (!judged.ok) return judged;
        }
        await store.setClientState(tx, id, to, undefined, clock.now());
        const client = await reread(tx, id);
        await audit.append(tx, {
          ...entry('client.state-changed', id, by),
          detail: { from, to, ...reasonOf(by) },
        });
        return done(client);
      });
    },

    suspend: (id, by) =>
      withClient(id, async (tx, found) => {
        // Nobody could sign in here, or register, without it.
        if (found.client.firstParty) return failed('client-first-party', 409);
        if (found.client.state === 'suspended') return done(found.client);
        await store.setClientState(tx, id, 'suspended', found.client.state, clock.now());
        const client = await reread(tx, id);
        await audit.append(tx, entry('client.suspended', id, by));
        return done(client);
      }),

    resume: (id, by) =>
      withClient(id, async (tx, found) => {
        if (found.client.state !== 'suspended') return failed('client-not-suspended', 409);
        await store.setClientState(tx, id, found.resumesTo ?? 'trial', undefined, clock.now());
        const client = await reread(tx, id);
        await audit.append(tx, entry('client.resumed', id, by));
        return done(client);
      }),

    rotateSecret: (id, by, options = {}) =>
      withClient(id, async (tx, found) => {
        if (!needsSecret(found.client.metadata) || found.client.firstParty)
          return failed('client-without-secret', 409);
        const secret = makeSecret();
        const oldUntil = await putSecret(tx, id, secret, options.graceDays ?? settings.secretGraceDays);
        await audit.append(tx, {
          ...entry('client.secret-rotated', id, by),
          detail: {
            secret: secretReference(hashSecret(secret)),
            oldUntil: oldUntil.toISOString(),
            ...reasonOf(by),
          },
        });
        return done({ secret, oldUntil });
      }),

    list: async () =>
      (await store.listClients(database)).map(({ client, secrets }) => ({
        ...client,
        secrets: secrets.map(toListing),
      })),
    get: async (id) => (isClientId(id) ? (await byId.get(id))?.client : undefined),
    byResource: async (identifier) =>
      isResourceIdentifier(identifier) ? (await byResource.get(identifier))?.client : undefined,
    takingLegacyEvents: (on) => store.takingLegacyEvents(on),
    async checkSecret(id, presented) {
      const found = isClientId(id) ? await byId.get(id) : undefined;
      return found !== undefined && secretMatches(presented, found.secrets, clock.now());
    },
  };
}

const DAY_MS = 24 * 3_600 * 1_000;

const reasonOf = (by: By): { reason?: string } => (by.reason === undefined ? {} : { reason: by.reason });

const entry = (type: AuditEvent, clientId: string, by: By): AuditEntry => ({
  type,
  clientId,
  actor: by.actor,
  channel: by.channel,
  outcome: 'success',
  detail: reasonOf(by),
});

const toListing = (secret: StoredSecret): SecretListing => ({
  reference: secretReference(secret.hash),
  createdAt: secret.createdAt,
  expiresAt: secret.expiresAt,
});
