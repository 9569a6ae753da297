/**
 * A node of the provider for tests: the real rooms below it over a real database, its HTTP server, and an
 * interaction that does what the browser's x-behaviour header says instead of asking anybody.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { z } from 'zod';
import type { Person, PersonDraft } from '../../src/accounts/person.ts';
import type { AuditEntry } from '../../src/audit/events.ts';
import { type Clients, openClients } from '../../src/clients/clients.ts';
import { clientsSettings } from '../../src/clients/settings.ts';
import { openSigningKeys, type SigningKeys } from '../../src/oidc/keys.ts';
import { signingKeySettings } from '../../src/oidc/keys-settings.ts';
import { type Oidc, type OidcOptions, openOidc } from '../../src/oidc/oidc.ts';
import { type OidcStore, openOidcStore } from '../../src/oidc/oidc-store.ts';
import { plainPages } from '../../src/oidc/pages.ts';
import { type OidcSettings, oidcSettings } from '../../src/oidc/settings.ts';
import { type Clock, systemClock } from '../../src/platform/clock.ts';
import { makeLog } from '../../src/platform/observe/log.ts';
import { installOutbox, type Outbox, openOutbox, outboxSettings } from '../../src/platform/outbox.ts';
import type { Database } from '../../src/platform/postgres.ts';
import type { FastStore } from '../../src/platform/redis.ts';
import { draft, type Opened, open as openAccountsRoom, sampleRing, value } from '../accounts/opened.ts';
import { type Behaviour, Browser } from './browser.ts';

export interface NodeOptions {
  database: Database;
  redis?: FastStore | undefined;
  /** Of the first node; a first node makes its own. */
  issuer?: string | undefined;
  clock?: Clock;
  settings?: z.input<typeof oidcSettings>;
  worker?: boolean;
  more?: Partial<OidcOptions>;
}

export interface ProviderNode {
  issuer: string;
  /** Where this node listens. */
  address: string;
  oidc: Oidc;
  clients: Clients;
  rooms: Opened;
  database: Database;
  store: OidcStore;
  keys: SigningKeys;
  outbox: Outbox;
  settings: OidcSettings;
  browser(behaviour?: Behaviour): Browser;
  person(n: number, more?: Partial<PersonDraft>): Promise<Person>;
  close(): Promise<void>;
}

export const ACR = (ial: number, aal: number): string => `urn:yihao:acr:1:ial${ial}:aal${aal}`;
export const by = { actor: 'operator:test' };

export async function startNode(options: NodeOptions): Promise<ProviderNode> {
  const { database, redis, clock = systemClock } = options;
  const keyring = sampleRing(1);
  const rooms = openAccountsRoom(database, { keyring, clock });
  const log = makeLog({ level: (process.env.TEST_LOG ?? 'silent') as 'silent' });
  await installOutbox(database);
  const outbox = openOutbox(database, {
    settings: outboxSettings.parse({ pollSeconds: 1, superviseSeconds: 1, stopSeconds: 2 }),
    log,
  });
  await outbox.start();
  const settings = oidcSettings.parse({
    ...options.settings,
    logout: { retryDelaySeconds: 1, retryLimit: 2, ...options.settings?.logout },
  });
  const clients = openClients({
    database,
    audit: rooms.audit.trail,
    clock,
    settings: clientsSettings.parse({}),
  });
  const store = openOidcStore({
    database,
    redis,
    keyring,
    clock,
    sessionSlackSeconds: settings.sessionSlackSeconds,
  });
  const keys = await openSigningKeys({
    database,
    sealer: rooms.sealer,
    clock,
    trail: rooms.audit.trail,
    settings: signingKeySettings.parse({ publishedSeconds: 0, lookMs: 500 }),
  });

  let oidc: Oidc;
  const server: Server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0]!;
    if (oidc.owns(path)) oidc.handle(request, response);
    else if (path.startsWith('/interaction/')) void interact(oidc, request, response);
    else if (path === '/me')
      void oidc.signedIn(request, response).then((who) => response.end(JSON.stringify(who ?? null)));
    else response.writeHead(404).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const address = `http://localhost:${port}`;
  const issuer = options.issuer ?? address;
  oidc = await openOidc({
    ...{ issuer, settings, database, clock, log, keyring, clients, outbox, store, keys, pages: plainPages },
    accounts: rooms.accounts,
    audit: rooms.audit,
    worker: options.worker ?? true,
    ...options.more,
  });

  return {
    ...{ issuer, address, oidc, clients, rooms, database, store, keys, outbox, settings },
    browser(behaviour = {}) {
      const browser = new Browser(issuer);
      browser.node = address;
      browser.behaviour = behaviour;
      return browser;
    },
    person: async (n, more = {}) =>
      value(await rooms.register(draft(n, { phone: `139${String(n).padStart(8, '0')}`, ...more }))),
    async close() {
      await new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      });
      await oidc.close();
      await outbox.stop();
      await keys.close();
      await rooms.audit.close();
    },
  };
}

/** Signs in, agrees or refuses as the browser says; shows the prompt as JSON where it says nothing. */
async function interact(oidc: Oidc, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const behaviour = JSON.parse(String(request.headers['x-behaviour'] ?? '{}')) as Behaviour;
    const interaction = await oidc.provider.interactionDetails(request, response);
    const { prompt, params } = interaction;
    if (prompt.name === 'create' && behaviour.login) {
      const result = { create: {}, login: behaviour.login };
      await oidc.provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
    } else if (prompt.name === 'login' && behaviour.login) {
      await oidc.provider.interactionFinished(
        request,
        response,
        { login: behaviour.login },
        { mergeWithLastSubmission: false },
      );
    } else if (prompt.name === 'consent' && behaviour.consent === 'agree') {
      await oidc.provider.interactionFinished(request, response, await oidc.agree(interaction));
    } else if (prompt.name === 'consent' && behaviour.consent === 'own-grant') {
      // The library's own way, which knows nothing of what is remembered here.
      const grant = new oidc.provider.Grant({
        accountId: interaction.session!.accountId,
        clientId: String(params.client_id),
      });
      grant.addOIDCScope(String(params.scope));
      await oidc.provider.interactionFinished(request, response, {
        consent: { grantId: await grant.save() },
      });
    } else if (prompt.name === 'consent' && behaviour.consent === 'refuse') {
      await oidc.provider.interactionFinished(request, response, await oidc.refuse(interaction));
    } else {
      const consent = prompt.name === 'consent' ? await oidc.consentRequest(interaction) : undefined;
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ prompt, params, consent }));
    }
  } catch (error) {
    response.writeHead(500).end(String((error as Error).stack));
  }
}

/** What a page of the test interaction shows. */
export const shown = (page: { body: string }) =>
  JSON.parse(page.body) as {
    prompt: { name: string; reasons: string[]; details: Record<string, unknown> };
    params: Record<string, string>;
    consent?: { basis: string; claims: string[]; newClaims: string[]; offline: boolean };
  };

export async function eventsOf(
  database: Database,
  where: Partial<Pick<AuditEntry, 'personId' | 'clientId'>>,
): Promise<{ type: string; outcome: string }[]> {
  return database.query(
    'SELECT type, outcome FROM audit_event WHERE ($1::text IS NULL OR person_id = $1) AND ($2::text IS NULL OR client_id = $2) ORDER BY at',
    [where.personId ?? null, where.clientId ?? null],
  );
}
