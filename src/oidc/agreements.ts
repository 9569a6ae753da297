/** Asking, remembering, listing and taking back: what the consent pages and the profile need. */
import type Provider from 'oidc-provider';
import type { Interaction } from 'oidc-provider';
import type { AuditTrail } from '../audit/trail.ts';
import { type Client, claimsAllowed, isClientId, SCOPE_CLAIMS } from '../clients/client.ts';
import type { Clients } from '../clients/clients.ts';
import type { Database } from '../platform/postgres.ts';
import { NOTHING, within } from './agreed.ts';
import type { Agreed, Consents } from './consent.ts';
import type { Endings } from './ending.ts';
import { channelOf, storeGrant } from './grants.ts';
import type { ConsentDetails } from './policy.ts';
import { allowanceOf } from './request.ts';

/** What the page of a `consent` prompt shows. */
export interface ConsentRequest {
  client: Client;
  /** `statutory-duty`: the page tells and goes on; `consent`: it asks. */
  basis: Client['legalBasis'];
  /** Claims that would be shared, whether by scope or one by one. */
  claims: string[];
  /** Those of them that were not agreed to before. */
  newClaims: string[];
  /** Scopes at other interfaces of departments, by identifier. */
  resources: Record<string, string[]>;
  /** The application may act while the person is away. */
  offline: boolean;
}

export interface GrantListing {
  client: Client;
  basis: Client['legalBasis'];
  scopes: string[];
  claims: string[];
  resources: Record<string, string[]>;
  offline: boolean;
  givenAt: Date;
  changedAt: Date;
}

export interface AgreementParts {
  clients: Clients;
  consents: Consents;
  trail: AuditTrail;
  database: Database;
  endings: Endings;
  provider(): Provider;
}

export function openAgreements(parts: AgreementParts) {
  const { clients, consents, trail, database, endings } = parts;

  /** Client, person and request behind an interaction. @throws when it is not one of the `consent` prompt. */
  const read = async (
    interaction: Interaction,
  ): Promise<{ client: Client; personId: string; wanted: Agreed; missing: Agreed }> => {
    const client = await clients.get(String(interaction.params.client_id));
    const personId = interaction.session?.accountId;
    if (!client || personId === undefined || interaction.prompt.name !== 'consent') {
      throw new Error('not an interaction that asks for consent');
    }
    const { wanted, missing } = interaction.prompt.details as unknown as ConsentDetails;
    return { client, personId, wanted, missing: missing ?? NOTHING };
  };

  return {
    async consentRequest(interaction: Interaction): Promise<ConsentRequest> {
      const { client, wanted, missing } = await read(interaction);
      return {
        client,
        basis: client.legalBasis,
        claims: claimsOf(client, wanted),
        newClaims: claimsOf(client, missing),
        resources: wanted.resources,
        offline: wanted.scopes.includes('offline_access'),
      };
    },

    async agree(interaction: Interaction): Promise<{ consent: { grantId: string } }> {
      const { client, personId, wanted } = await read(interaction);
      const provider = parts.provider();
      const channel = await channelOf(provider, interaction);
      const whole = client.firstParty ? wanted : await consents.add(personId, client, wanted, channel);
      const agreed = within(whole, allowanceOf(client));
      const grant = await storeGrant(provider, { personId, client, agreed, channel });
      return { consent: { grantId: grant.jti } };
    },

    async refuse(interaction: Interaction): Promise<{ error: 'access_denied'; error_description: string }> {
      const { client, personId } = await read(interaction);
      await trail.record({
        type: 'consent.refused',
        personId,
        clientId: client.id,
        actor: 'self',
        outcome: 'success',
      });
      return { error: 'access_denied', error_description: 'the person did not agree' };
    },

    async listGrants(personId: string): Promise<GrantListing[]> {
      const all = await consents.ofPerson(personId);
      const listed = await Promise.all(
        all.map(async (consent) => ({ consent, client: await clients.get(consent.clientId) })),
      );
      return listed.flatMap(({ consent, client }) =>
        client === undefined
          ? []
          : [
              {
                client,
                basis: consent.basis,
                scopes: consent.scopes,
                claims: claimsOf(client, consent),
                resources: consent.resources,
                offline: consent.scopes.includes('offline_access'),
                givenAt: consent.givenAt,
                changedAt: consent.changedAt,
              },
            ],
      );
    },

    async revokeGrant(personId: string, clientId: string, by: { actor: string }): Promise<boolean> {
      if (!isClientId(clientId)) return false;
      const ending = { personId, reason: 'consent-revoked', onlyClient: clientId };
      const removed = await database.transaction(async (tx) => {
        // The promise before the audit event, which must come last.
        await endings.endLater(tx, ending);
        return consents.remove(tx, personId, clientId, by.actor);
      });
      await endings.end(ending);
      return removed;
    },
  };
}

/** Names of the claims that scopes and single requests come to, as far as the application may have them. */
function claimsOf(client: Client, agreed: Agreed): string[] {
  const allowed = claimsAllowed(client);
  const names = [...agreed.scopes.flatMap((scope) => SCOPE_CLAIMS[scope] ?? []), ...agreed.claims];
  return [...new Set(names)].filter((name) => name !== 'sub' && allowed.has(name));
}
