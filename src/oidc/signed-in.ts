/** Who is signed in: the provider's own session is the only one there is, also for our own pages. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import type { Session } from 'oidc-provider';
import type { Accounts } from '../accounts/accounts.ts';
import type { PersonId } from '../accounts/person.ts';
import type { Client } from '../clients/client.ts';
import type { Clients } from '../clients/clients.ts';
import type { Clock } from '../platform/clock.ts';
import { DEFAULT_CHANNEL, type WithChannel } from './grants.ts';
import type { OidcStore } from './oidc-store.ts';
import { asOneRequest } from './request-memory.ts';
import type { OidcSettings } from './settings.ts';

export interface SignedIn {
  personId: PersonId;
  sessionUid: string;
  acr: string | undefined;
  amr: string[];
  at: Date;
  channel: string;
}

export interface SessionListing {
  uid: string;
  at: Date;
  channel: string;
  amr: string[];
  /** Applications this session has signed the person in at. */
  clients: Client[];
  expiresAt: Date;
}

export interface SessionReaderParts {
  accounts: Accounts;
  store: OidcStore;
  clients: Clients;
  settings: OidcSettings;
  clock: Clock;
  provider(): Provider;
}

export function makeSessionReader(parts: SessionReaderParts) {
  const { accounts, store, clients, settings, clock } = parts;
  const { sessionIdle, session: longest } = settings.lifetimes;

  /** Reading one's own pages is using the session: its end moves, as it does at each sign-on. */
  const keepAlive = async (session: Session): Promise<void> => {
    const now = Math.floor(clock.now().getTime() / 1_000);
    const life = Math.min(sessionIdle, (session.loginTs ?? now) + longest - now);
    const left = (session.exp ?? now) - now;
    if (life > 0 && left < life - settings.sessionSlackSeconds) await session.save(life);
  };

  return {
    signedIn: (request: IncomingMessage, response: ServerResponse): Promise<SignedIn | undefined> =>
      asOneRequest(async () => {
        const provider = parts.provider();
        const session: WithChannel<Session> = await provider.Session.get(
          provider.createContext(request, response),
        );
        if (session.accountId === undefined) return undefined;
        const personId = session.accountId as PersonId;
        const summary = await accounts.summary(personId);
        if (summary?.state !== 'active') return undefined;
        await keepAlive(session);
        return {
          personId,
          sessionUid: session.uid,
          acr: session.acr,
          amr: session.amr ?? [],
          at: new Date((session.loginTs ?? 0) * 1_000),
          channel: session.channel ?? DEFAULT_CHANNEL,
        };
      }),

    async sessionsOf(personId: string): Promise<SessionListing[]> {
      const sessions = await store.sessionsOf(personId);
      return Promise.all(
        sessions.map(async (session) => {
          const found = await Promise.all(
            Object.keys(session.authorizations ?? {}).map((id) => clients.get(id)),
          );
          return {
            uid: session.uid!,
            at: new Date((session.loginTs ?? 0) * 1_000),
            channel: (session as WithChannel<object>).channel ?? DEFAULT_CHANNEL,
            amr: session.amr ?? [],
            clients: found.filter((client): client is Client => client !== undefined && !client.firstParty),
            expiresAt: new Date((session.exp ?? 0) * 1_000),
          };
        }),
      );
    },
  };
}
