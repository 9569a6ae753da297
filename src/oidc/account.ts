/**
 * Who a session or token belongs to. Only active people exist for the provider: a frozen, closed or deceased one
 * is not found, so their sessions sign nobody in and their tokens answer nothing, on every node, as soon as the
 * summary of a few seconds ago is forgotten.
 */
import type { Account, FindAccount } from 'oidc-provider';
import type { PersonId, PersonSummary } from '../accounts/person.ts';
import { type ReleaseParts, releaseClaims } from './claims.ts';
import type { OidcParts } from './parts.ts';
import { type PresentedRefreshToken, refuseInGrace } from './refresh-grace.ts';

/** The state of a person as far as the protocol is concerned. */
export async function findActive(
  parts: ReleaseParts,
  personId: string | undefined,
): Promise<PersonSummary | undefined> {
  const summary = personId === undefined ? undefined : await parts.accounts.summary(personId as PersonId);
  return summary?.state === 'active' ? summary : undefined;
}

export function makeFindAccount(parts: ReleaseParts & Pick<OidcParts, 'settings'>): FindAccount {
  return async (ctx, personId, token) => {
    const summary = await findActive(parts, personId);
    if (!summary) return undefined;
    const now = Math.floor(parts.clock.now().getTime() / 1_000);
    refuseInGrace(
      token as PresentedRefreshToken | undefined,
      ctx.oidc.client,
      now,
      parts.settings.refreshGraceSeconds,
    );
    return {
      accountId: personId,
      async claims(use, scope, asked, rejected) {
        const release = { use: use as 'id_token' | 'userinfo', scope, asked: Object.keys(asked), rejected };
        return { sub: personId, ...(await releaseClaims(parts, ctx, summary, release)) };
      },
    } satisfies Account;
  };
}
