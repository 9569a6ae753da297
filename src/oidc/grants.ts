/**
 * The library's Grant is our "this person, in this session, at this application": all tokens of the sign-on hang
 * on it and end with it. What the person agreed to is remembered apart (consent.ts), so signing out, a stolen
 * refresh token or a lost session never make anybody be asked again.
 *
 * A grant is never changed once it is stored: more scopes make a new one.
 */
import type Provider from 'oidc-provider';
import type { Grant, Interaction, KoaContextWithOIDC } from 'oidc-provider';
import type { Client } from '../clients/client.ts';
import { missingFrom, within } from './agreed.ts';
import type { Agreed } from './consent.ts';
import { clientRecord } from './library-clients.ts';
import type { OidcParts } from './parts.ts';
import { allowanceOf, wantedBy } from './request.ts';

export const DEFAULT_CHANNEL = 'web';

/** Session and Grant as model-extensions.ts widens them. */
export type WithChannel<Record> = Record & { channel?: string | undefined };

type Parts = Pick<OidcParts, 'consents'>;

/** What was agreed before, as this request has found it. */
const looked = new WeakMap<object, Agreed>();

/** Finds or makes the grant of this request; undefined when the person must be asked first. */
export function makeGrantLoader(parts: Parts) {
  return async function loadExistingGrant(ctx: KoaContextWithOIDC): Promise<Grant | undefined> {
    const { oidc } = ctx;
    const client = clientRecord(oidc.client);
    const session = oidc.session as WithChannel<NonNullable<typeof oidc.session>>;
    rememberChannel(ctx, session);
    const personId = oidc.account!.accountId;
    const answered = (oidc.result as { consent?: { grantId?: string } } | undefined)?.consent?.grantId;
    const wanted = wantedBy(ctx);

    const known = await findGrant(
      oidc.provider,
      answered ?? session.grantIdFor(client.id),
      personId,
      client.id,
    );
    if (known && answered !== undefined) {
      await rememberAnswer(parts, known, personId, client, session.channel ?? DEFAULT_CHANNEL);
      return known;
    }
    if (known && missingFrom(agreedIn(known), wanted) === undefined) return known;

    const agreed = await agreedBefore(parts, personId, client, wanted);
    looked.set(ctx, agreed);
    if (missingFrom(agreed, wanted) !== undefined) return known;
    return storeGrant(oidc.provider, { personId, client, agreed, channel: session.channel });
  };
}

/** Stores a grant for what was agreed. */
export async function storeGrant(
  provider: Provider,
  from: { personId: string; client: Client; agreed: Agreed; channel: string | undefined },
): Promise<Grant> {
  const { personId, client, agreed, channel } = from;
  const grant: WithChannel<Grant> = new provider.Grant({ accountId: personId, clientId: client.id });
  grant.channel = channel ?? DEFAULT_CHANNEL;
  if (agreed.scopes.length > 0) grant.addOIDCScope(agreed.scopes);
  if (agreed.claims.length > 0) grant.addOIDCClaims(agreed.claims);
  for (const [id, scopes] of Object.entries(agreed.resources)) grant.addResourceScope(id, scopes);
  await grant.save();
  return grant;
}

/** What a grant covers. */
export function agreedIn(grant: Grant): Agreed {
  const resources = Object.keys(grant.resources ?? {}).map(
    (id) => [id, words(grant.getResourceScope(id))] as const,
  );
  return {
    scopes: words(grant.getOIDCScope()),
    claims: grant.getOIDCClaims(),
    resources: Object.fromEntries(resources),
  };
}

/** Everything the application still may have of what was agreed; our own pages need no agreement. */
async function agreedBefore(
  parts: Pick<OidcParts, 'consents'>,
  personId: string,
  client: Client,
  wanted: Agreed,
): Promise<Agreed> {
  if (client.firstParty) return wanted;
  const consent = await parts.consents.find(personId, client.id);
  return within(consent ?? { scopes: [], claims: [], resources: {} }, allowanceOf(client));
}

/** The same for the page that is about to ask; the request has mostly looked it up already. */
export const agreedBeforeIn = async (
  parts: Pick<OidcParts, 'consents'>,
  ctx: KoaContextWithOIDC,
): Promise<Agreed> =>
  looked.get(ctx) ??
  agreedBefore(parts, ctx.oidc.account!.accountId, clientRecord(ctx.oidc.client), wantedBy(ctx));

/** Through which channel the person of an interaction is signed in. */
export async function channelOf(provider: Provider, interaction: Interaction): Promise<string> {
  const uid = interaction.session?.uid;
  const session = (uid && (await provider.Session.findByUid(uid))) as WithChannel<object> | undefined;
  return session?.channel ?? DEFAULT_CHANNEL;
}

function rememberChannel(ctx: KoaContextWithOIDC, session: WithChannel<object>): void {
  const login = ctx.oidc.result?.login as { channel?: unknown } | undefined;
  if (login === undefined) return;
  const channel = typeof login.channel === 'string' ? login.channel : DEFAULT_CHANNEL;
  if (session.channel !== channel) session.channel = channel;
}

async function findGrant(
  provider: Provider,
  id: string | undefined,
  personId: string,
  clientId: string,
): Promise<Grant | undefined> {
  const grant = id === undefined ? undefined : await provider.Grant.find(id);
  return grant?.accountId === personId && grant.clientId === clientId ? grant : undefined;
}

/** A grant that the interaction made by itself: what it covers counts as agreed, too. */
async function rememberAnswer(
  parts: Parts,
  grant: Grant,
  personId: string,
  client: Client,
  channel: string,
): Promise<void> {
  // One that storeGrant made carries the channel, and what was agreed has been written with it.
  if (client.firstParty || (grant as WithChannel<Grant>).channel !== undefined) return;
  const agreed = agreedIn(grant);
  if (missingFrom(await agreedBefore(parts, personId, client, agreed), agreed) === undefined) return;
  await parts.consents.add(personId, client, agreed, channel);
}

const words = (text: string): string[] => text.split(' ').filter((word) => word !== '');
