/** What a request asks a person to share, and whether that was agreed before. Pure. */
import type { Agreed } from './consent-store.ts';

export const NOTHING: Agreed = { scopes: [], claims: [], resources: {} };

/** What of `wanted` is not in `agreed`, or undefined when nothing is missing. */
export function missingFrom(agreed: Agreed, wanted: Agreed): Agreed | undefined {
  const resources = Object.fromEntries(
    Object.entries(wanted.resources)
      .map(([id, scopes]) => [id, without(scopes, agreed.resources[id] ?? [])] as const)
      .filter(([, scopes]) => scopes.length > 0),
  );
  const missing = {
    scopes: without(wanted.scopes, agreed.scopes),
    claims: without(wanted.claims, agreed.claims),
    resources,
  };
  const none =
    missing.scopes.length === 0 && missing.claims.length === 0 && Object.keys(resources).length === 0;
  return none ? undefined : missing;
}

export function union(a: Agreed, b: Agreed): Agreed {
  const resources = { ...a.resources };
  for (const [id, scopes] of Object.entries(b.resources)) resources[id] = both(resources[id] ?? [], scopes);
  return { scopes: both(a.scopes, b.scopes), claims: both(a.claims, b.claims), resources };
}

/** What of an old agreement the application may still ask for. */
export function within(
  agreed: Agreed,
  allowed: { scopes: readonly string[]; claims: ReadonlySet<string>; resources: readonly string[] },
): Agreed {
  return {
    scopes: agreed.scopes.filter((scope) => allowed.scopes.includes(scope)),
    claims: agreed.claims.filter((claim) => allowed.claims.has(claim)),
    resources: Object.fromEntries(
      Object.entries(agreed.resources).filter(([id]) => allowed.resources.includes(id)),
    ),
  };
}

const without = (all: readonly string[], some: readonly string[]): string[] =>
  all.filter((item) => !some.includes(item));
const both = (a: readonly string[], b: readonly string[]): string[] => [...new Set([...a, ...b])];
