/**
 * When a person is asked. Prompt `create`: to register, where the request says so. Prompt `login`, beside the
 * library's reasons: `account_gone` (the account behind the session is no longer active) and `acr_insufficient`
 * (step-up, RFC 9470). Prompt `consent`: reason `consent_missing`, or `notice` where the application acts on a
 * statutory duty.
 */
import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { isEnough } from './acr.ts';
import { missingFrom } from './agreed.ts';
import type { Agreed } from './consent.ts';
import { agreedBeforeIn, agreedIn } from './grants.ts';
import { clientRecord } from './library-clients.ts';
import type { OidcParts } from './parts.ts';
import { acrWantedBy, wantedBy } from './request.ts';

/** Details of the `consent` prompt, as they reach the interaction. */
export interface ConsentDetails {
  /** Everything this request asks for. */
  wanted: Agreed;
  /** What of it was never agreed to. */
  missing: Agreed | undefined;
}

/** Details of the `login` prompt, whatever its reason, when the request or the application asks for a level. */
export interface AcrDetails {
  acr: { anyOf: string[]; least: string | undefined; have: string | undefined; impossible: boolean };
}

const { base, Check, Prompt } = interactionPolicy;

export function makePolicy(parts: Pick<OidcParts, 'consents'>): interactionPolicy.DefaultPolicy {
  const policy = base();
  const login = policy.get('login')!;
  const { checks, details } = login;
  login.details = async (ctx) => ({ ...(await details(ctx)), ...acrDetails(ctx) });
  // Initiating User Registration via OpenID Connect 1.0: who asks for it gets the registration first.
  policy.add(new Prompt({ name: 'create', requestable: true }, login.details), 0);
  // They look at essential requests only, and by equality; acr_insufficient does both and acr_values beside.
  checks.remove('essential_acrs');
  checks.remove('essential_acr');
  checks.add(accountGone());
  checks.add(acrInsufficient());
  policy.remove('consent');
  policy.add(consentPrompt(parts));
  return policy;
}

const accountGone = () =>
  new Check('account_gone', 'the account behind the session is not active', 'login_required', (ctx) =>
    Boolean(ctx.oidc.session?.accountId && !ctx.oidc.account),
  );

const acrInsufficient = () =>
  new Check('acr_insufficient', 'a stronger sign-in is needed', 'login_required', (ctx) => {
    // Without an account another reason speaks first, and its details name the level all the same.
    if (!ctx.oidc.account) return false;
    const wanted = acrWantedBy(ctx);
    return wanted.impossible || !isEnough(sessionAcr(ctx), wanted);
  });

function acrDetails(ctx: KoaContextWithOIDC): AcrDetails | undefined {
  const wanted = acrWantedBy(ctx);
  if (wanted.anyOf.length === 0 && wanted.least === undefined && !wanted.impossible) return undefined;
  return { acr: { ...wanted, have: sessionAcr(ctx) } };
}

const sessionAcr = (ctx: KoaContextWithOIDC): string | undefined => ctx.oidc.session?.acr;

function consentPrompt(parts: Pick<OidcParts, 'consents'>): interactionPolicy.Prompt {
  const isMissing = (ctx: KoaContextWithOIDC, basis: 'consent' | 'statutory-duty'): boolean => {
    const client = clientRecord(ctx.oidc.client);
    if (client.legalBasis !== basis || client.firstParty) return false;
    return missingFrom(agreedIn(ctx.oidc.grant!), wantedBy(ctx)) !== undefined;
  };
  const details = async (ctx: KoaContextWithOIDC): Promise<{ [name: string]: unknown }> => {
    const wanted = wantedBy(ctx);
    const agreed = await agreedBeforeIn(parts, ctx);
    return { wanted, missing: missingFrom(agreed, wanted) } satisfies ConsentDetails;
  };
  return new Prompt(
    { name: 'consent', requestable: true },
    details,
    new Check('consent_missing', 'the person has not agreed to all of this yet', 'consent_required', (ctx) =>
      isMissing(ctx, 'consent'),
    ),
    new Check('notice', 'the person has not been told of all of this yet', 'interaction_required', (ctx) =>
      isMissing(ctx, 'statutory-duty'),
    ),
  );
}
