/**
 * The OpenID Provider as the rest of the server sees it: a raw handler for its paths, and what the rooms above
 * need: who is signed in, what they agreed to, how to end it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context, Middleware } from 'koa';
import type Provider from 'oidc-provider';
import type { Interaction } from 'oidc-provider';
import type { Accounts } from '../accounts/accounts.ts';
import type { Disclosures } from '../audit/disclosures.ts';
import type { AuditTrail } from '../audit/trail.ts';
import type { Clients } from '../clients/clients.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/observe/log.ts';
import type { Outbox } from '../platform/outbox.ts';
import type { Database, Queryable } from '../platform/postgres.ts';
import type { Keyring } from '../platform/seal/keyring.ts';
import { type ConsentRequest, type GrantListing, openAgreements } from './agreements.ts';
import { openConsents } from './consent.ts';
import { makeCookieSigner } from './cookie-signing.ts';
import { answerDocument, type Documents, renderDocuments } from './documents.ts';
import { type EndOptions, openEndings } from './ending.ts';
import { type EventToken, makeEventPusher, type Pushed } from './events.ts';
import type { SigningKeys } from './keys.ts';
import { type LogoutStatus, openLogouts } from './logout.ts';
import type { OidcStore } from './oidc-store.ts';
import { makeOutgoing, type Outgoing } from './outgoing.ts';
import { makeOwnTokenReader, type TokenOutcome } from './own-tokens.ts';
import type { ProviderPages } from './pages.ts';
import type { OidcParts, OldAccountsOf } from './parts.ts';
import { buildProvider } from './provider.ts';
import type { OidcSettings } from './settings.ts';
import { makeSessionReader, type SessionListing, type SignedIn } from './signed-in.ts';
import { openSubjects, type Subjects } from './subject.ts';

/** The client of this server's own pages. */
export const OWN_CLIENT = 'yihao-account';

export interface OidcOptions {
  /** Origin without a path, such as https://id.example.gov.cn. */
  issuer: string;
  settings: OidcSettings;
  database: Database;
  clock: Clock;
  log: Log;
  keyring: Keyring;
  clients: Clients;
  accounts: Accounts;
  audit: { trail: AuditTrail; disclosures: Disclosures };
  /** Started. */
  outbox: Outbox;
  store: OidcStore;
  keys: Pick<SigningKeys, 'signers' | 'onChange'>;
  pages: ProviderPages;
  /** Koa middlewares that prepare the context for `pages`: request id, language, security headers. */
  middlewares?: readonly Middleware[] | undefined;
  /** The caller's address behind our proxies, for the audit; the socket's unless told otherwise. */
  sourceOf?: ((request: IncomingMessage) => string) | undefined;
  /** Where this server's own pages want people back after a sign-in, and after signing out. */
  own?: { redirectUris: string[]; postLogoutRedirectUris: string[] } | undefined;
  /** Whether this process delivers logout messages and ends sessions on request; true unless told otherwise. */
  worker?: boolean | undefined;
  /** None without it. */
  oldAccountsOf?: OldAccountsOf | undefined;
  /** For tests. */
  outgoing?: Outgoing | undefined;
}

export interface Oidc {
  /** The provider of the moment; ask anew each time, keys may have changed. */
  readonly provider: Provider;
  /** Whether `handle` answers this path. */
  owns(path: string): boolean;
  /** Answers a request for one of its paths. Never throws. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Who is signed in in this browser; undefined for nobody, and for people no longer active. Keeps the session alive. */
  signedIn(request: IncomingMessage, response: ServerResponse): Promise<SignedIn | undefined>;
  sessionsOf(personId: string): Promise<SessionListing[]>;
  /** What the page of a `consent` prompt shows. */
  consentRequest(interaction: Interaction): Promise<ConsentRequest>;
  /** The person agreed, or took note. Give the answer to `interactionFinished`. */
  agree(interaction: Interaction): Promise<{ consent: { grantId: string } }>;
  /** The person did not. Give the answer to `interactionFinished`. */
  refuse(interaction: Interaction): Promise<{ error: 'access_denied'; error_description: string }>;
  listGrants(personId: string): Promise<GrantListing[]>;
  /** Takes back what an application may have: its tokens end, it is told, it must ask again. False when there was nothing. */
  revokeGrant(personId: string, clientId: string, by: { actor: string }): Promise<boolean>;
  /** Ends a person's sessions and grants on every node, durably; see {@link EndOptions}. Returns how many sessions. */
  endSessions(personId: string, reason: string, options?: EndOptions): Promise<number>;
  /** The same, promised in the caller's transaction and done within seconds of its commit. */
  endSessionsLater(tx: Queryable, personId: string, reason: string, options?: EndOptions): Promise<void>;
  /** How an application takes its logout messages. */
  logoutStatus(clientId: string): Promise<LogoutStatus>;
  /** Tries again what was given up; returns how many messages. */
  retryLogouts(clientId: string): Promise<number>;
  /** Tells an application's server something, once; see events.ts. */
  pushEvent(clientId: string, token: EventToken): Promise<Pushed>;
  /** Whose access token of its own came with a request for another interface of this server; see own-tokens.ts. */
  readOwnToken(ctx: Context, scope: string): Promise<TokenOutcome>;
  subjects: Subjects;
  /** Stops timers and listeners. */
  close(): Promise<void>;
}

const SWEEP_MS = 600_000;
const SWEEP_ROWS = 1_000;

export async function openOidc(options: OidcOptions): Promise<Oidc> {
  const { issuer, settings, database, clock, log, clients, accounts, audit, outbox, store, keys } = options;
  if (new URL(issuer).origin !== issuer)
    throw new Error(`the issuer must be an origin without a path: ${issuer}`);
  const outgoing = options.outgoing ?? makeOutgoing(settings.outgoing);
  const { trail, disclosures } = audit;
  const logouts = openLogouts({
    database,
    outbox,
    clients,
    outgoing,
    trail,
    clock,
    log,
    settings: settings.logout,
  });
  const subjects = openSubjects(database, accounts.merged);
  const endings = openEndings({ database, outbox, store, logouts, clients, subjects, trail, clock });
  const consents = openConsents({ database, trail, clock });
  const parts: OidcParts = {
    ...{ issuer, settings, database, clock, log, clients, accounts, trail, disclosures, store },
    oldAccountsOf: options.oldAccountsOf ?? (async () => []),
    ...{ subjects, consents, logouts, outgoing, pages: options.pages },
  };
  const cookieKeys = options.keyring.all('cookie').map(({ key }) => key);
  const signer = makeCookieSigner(() => cookieKeys);

  const own = options.own ?? { redirectUris: [`${issuer}/account`], postLogoutRedirectUris: [`${issuer}/`] };
  await clients.ensureFirstParty({ id: OWN_CLIENT, name: OWN_NAME, ...own });

  let provider: Provider;
  let documents: Documents;
  let answer: ReturnType<Provider['callback']>;
  const build = async (): Promise<void> => {
    const next = buildProvider(parts, {
      jwks: keys.signers(),
      signer,
      middlewares: options.middlewares ?? [],
    });
    documents = await renderDocuments(next, issuer);
    answer = next.callback();
    provider = next;
  };
  await build();

  // One after the other: two changes at once must not leave the older keys in place.
  let building = Promise.resolve();
  const stopKeys = keys.onChange(() => {
    building = building
      .then(build)
      .catch((error: unknown) => log.error({ err: error }, 'the new keys could not be taken up'));
  });
  const stopStates = accounts.onStateChanged(async (tx, person, _from, to) => {
    if (to !== 'active') await endings.endLater(tx, { personId: person.id, reason: `person-${to}` });
  });
  await logouts.prepare();
  await endings.prepare();
  if (options.worker !== false) {
    await logouts.work(() => provider);
    await endings.work();
  }
  const sweeping = setInterval(() => {
    logouts
      .sweep(clock.now(), SWEEP_ROWS)
      .catch((error: unknown) => log.warn({ err: error }, 'old logout messages could not be removed'));
  }, SWEEP_MS);
  sweeping.unref();

  const { host, protocol } = new URL(issuer);
  const sourceOf = options.sourceOf ?? ((request) => request.socket.remoteAddress ?? '');
  const agreements = openAgreements({
    clients,
    consents,
    trail,
    provider: () => provider,
    endings,
    database,
  });
  const sessions = makeSessionReader({ accounts, store, clients, settings, clock, provider: () => provider });

  return {
    get provider() {
      return provider;
    },
    owns: (path) => path.startsWith('/oauth/') || WELL_KNOWN.has(path),
    handle(request, response) {
      if (answerDocument(documents, request, response)) return;
      // Addresses in answers, DPoP targets and Secure cookies go by the issuer, whatever a client or proxy says.
      request.headers['x-forwarded-host'] = host;
      request.headers['x-forwarded-proto'] = protocol.slice(0, -1);
      request.headers['x-forwarded-for'] = sourceOf(request);
      void answer(request, response);
    },
    signedIn: (request, response) => sessions.signedIn(request, response),
    sessionsOf: (personId) => sessions.sessionsOf(personId),
    ...agreements,
    endSessions: (personId, reason, rest = {}) => endings.end({ ...rest, personId, reason }),
    endSessionsLater: (tx, personId, reason, rest = {}) =>
      endings.endLater(tx, { ...rest, personId, reason }),
    logoutStatus: (clientId) => logouts.status(clientId),
    retryLogouts: (clientId) => logouts.retry(clientId),
    pushEvent: makeEventPusher({ clients, outgoing }, () => provider),
    readOwnToken: makeOwnTokenReader(issuer, () => provider),
    subjects,
    async close() {
      clearInterval(sweeping);
      stopKeys();
      stopStates();
      await building;
    },
  };
}

const WELL_KNOWN = new Set(['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']);
const OWN_NAME = { 'zh-CN': '我的账号', bo: 'ངའི་རྩིས་ཐོ།', en: 'My account' };
