/** The middlewares that every request of the pages passes, in their order; the rooms' routes come after them. */
import type { KeyObject } from 'node:crypto';
import type { Middleware } from 'koa';
import type { Logger } from 'pino';
import type { Assets } from '../page/assets.ts';
import { chooseLanguage, switchByForm } from '../page/language.ts';
import type { Pages } from '../page/render.ts';
import { boundQuery } from './bound-query.ts';
import { type AppState, requestContext } from './context.ts';
import { offerCsrf } from './csrf.ts';
import { answerFailures } from './errors.ts';
import { readForms } from './form-body.ts';
import { securityHeaders } from './security-headers.ts';
import { serveAssets } from './static.ts';
import { offerTexts } from './words.ts';

export interface RoadOptions {
  log: Logger;
  pages: Pages;
  assets: Assets;
  /** Keys for the forms' marks (keyring purpose `cookie`), current first. */
  csrfKeys: () => readonly KeyObject[];
  /** People reach us over https (production always). */
  https: boolean;
}

/** Language is chosen from query and cookie before the form is read, so that even a refused form is answered in it. */
export function pageRoad(options: RoadOptions): Middleware<AppState>[] {
  const { https } = options;
  return [
    requestContext({ log: options.log, https }),
    securityHeaders({ https }),
    serveAssets(options.assets),
    offerTexts(options.pages.texts),
    offerCsrf({ keys: options.csrfKeys, https }),
    chooseLanguage(),
    boundQuery(options.pages),
    answerFailures(options.pages),
    readForms(),
    switchByForm(),
  ];
}

/** What programs pass that ask below /api/: no cookies, no forms, and every failure as problem details. */
export function programRoad(options: RoadOptions): Middleware<AppState>[] {
  const { https } = options;
  return [
    requestContext({ log: options.log, https }),
    securityHeaders({ https }),
    offerTexts(options.pages.texts),
    chooseLanguage(),
    boundQuery(options.pages),
    answerFailures(options.pages),
  ];
}

/**
 * What the provider's own pages need of it. No assets, no forms: the provider reads its bodies itself, and
 * answers its own failures.
 */
export function providerRoad(options: RoadOptions): Middleware<AppState>[] {
  const { https } = options;
  return [
    requestContext({ log: options.log, https }),
    securityHeaders({ https }),
    offerTexts(options.pages.texts),
    offerCsrf({ keys: options.csrfKeys, https }),
    chooseLanguage(),
    boundQuery(options.pages),
  ];
}
