/**
 * The authorization under way that a page belongs to. The guard `alive` finds it by the browser's cookie; a
 * page that is open too long, or was finished in another tab, gets an answer that says how to go on.
 */
import type { Middleware, ParameterizedContext } from 'koa';
import type Provider from 'oidc-provider';
import { errors, type InteractionResults } from 'oidc-provider';
import type { Client } from '../clients/client.ts';
import type { Clients } from '../clients/clients.ts';
import type { AppState } from '../platform/http/context.ts';
import { allowFormAction } from '../platform/http/security-headers.ts';
import type { Language } from '../platform/page/language.ts';
import { followUiLocales } from '../platform/page/language.ts';
import type { PageOptions, Pages } from '../platform/page/render.ts';

export type Live = Awaited<ReturnType<Provider['interactionDetails']>>;

export interface LiveState extends AppState {
  live: Live;
  client: Client;
  /** `/interaction/<uid>`, where all its pages lie. */
  road: string;
}

export type LiveContext = ParameterizedContext<LiveState>;

interface LiveRooms {
  oidc: { readonly provider: Provider };
  clients: Clients;
  pages: Pages;
}

/** Remembers for which application an authorization was, so that its expired page can lead back there. */
const SERVICE_COOKIE = 'service';
const ONE_DAY_MS = 24 * 3_600_000;

/** Guard: there is such an authorization in this browser, and its application may be used. */
export function alive({ oidc, clients, pages }: LiveRooms): Middleware<LiveState> {
  return async (ctx, next) => {
    const { uid = '' } = (ctx as unknown as { params: { uid?: string } }).params;
    const live = await findLive(oidc.provider, ctx);
    const client = live && (await clients.get(String(live.params.client_id)));
    if (!live || !client || live.uid !== uid) {
      await showExpired(ctx, pages, clients, `/interaction/${uid}`);
      return;
    }
    ctx.state.live = live;
    ctx.state.client = client;
    ctx.state.road = `/interaction/${uid}`;
    followUiLocales(ctx, textParam(live, 'ui_locales'), textParam(live, 'code_challenge') ?? uid);
    const target = textParam(live, 'redirect_uri');
    if (target) allowFormAction(ctx, target);
    if (ctx.method === 'GET' && !client.firstParty && ctx.cookies.get(SERVICE_COOKIE) === undefined) {
      ctx.cookies.set(SERVICE_COOKIE, encodeURIComponent(client.id), {
        path: ctx.state.road,
        httpOnly: true,
        sameSite: 'lax',
        secure: ctx.state.https,
        maxAge: ONE_DAY_MS,
        signed: false,
      });
    }
    await next();
  };
}

/** Goes on at the provider with what was concluded: 303 to its resume address. */
export async function conclude(
  ctx: LiveContext,
  oidc: { readonly provider: Provider },
  result: InteractionResults,
): Promise<void> {
  const to = await oidc.provider.interactionResult(ctx.req, ctx.res, result, {
    mergeWithLastSubmission: true,
  });
  ctx.status = 303;
  ctx.redirect(to);
}

/** A parameter of the authorization request, when it is a text. */
export function textParam(live: Live, name: string): string | undefined {
  const value = live.params[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Page options that every page of an authorization shares. */
export function pageOf(ctx: LiveContext, title: string, more: Partial<PageOptions> = {}): PageOptions {
  const { client, language } = ctx.state;
  return {
    title,
    here: ctx.state.road,
    ...(client.firstParty ? {} : { service: { name: client.name[language], lang: language } }),
    ...more,
  };
}

/** How an application is called on a page, and where its site is: as registered, else where it takes answers. */
export function applicationOf(client: Client, language: Language): { name: string; href?: string } {
  const { client_uri: home, redirect_uris: answers } = client.metadata;
  const href = typeof home === 'string' ? home : URL.parse(answers[0] ?? '')?.origin;
  return { name: client.name[language], ...(href && /^https?:\/\//.test(href) ? { href } : {}) };
}

async function findLive(provider: Provider, ctx: LiveContext): Promise<Live | undefined> {
  try {
    return await provider.interactionDetails(ctx.req, ctx.res);
  } catch (error) {
    if (error instanceof errors.SessionNotFound) return undefined;
    throw error;
  }
}

async function showExpired(ctx: LiveContext, pages: Pages, clients: Clients, path: string): Promise<void> {
  const remembered = ctx.cookies.get(SERVICE_COOKIE);
  const id = remembered === undefined ? undefined : decodeOrNothing(remembered);
  const client = id === undefined ? undefined : await clients.get(id);
  const app = client && applicationOf(client, ctx.state.language);
  pages.render(
    ctx,
    'interactions/expired',
    // A browser that was here a moment ago brings something of ours, unless it keeps no cookies at all.
    { app, cookies: ctx.get('Cookie') !== '' },
    { title: 'interactions.expired.title', status: 410, here: path },
  );
}

function decodeOrNothing(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
