/** What an application may ask for, and the interface it offers. */
import { ENTITLED_SCOPES, isResourceIdentifier, type Resource, SCOPE_CLAIMS } from './client.ts';
import { Reader } from './definition.ts';

interface Grants {
  grant_types: string[];
}

const TRIAL_SCOPES = 'openid profile phone offline_access';
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
const LONGEST_JWT_SECONDS = 900;

export function judgeScopes(
  read: Reader,
  rule: { live: boolean; grants: Grants },
): { scopes: string[]; entitlements: string[]; resources: string[] } {
  const people = rule.grants.grant_types.includes('authorization_code');
  const given = read.text('scope', 1_000);
  if (rule.live && people && given === undefined)
    read.fault('scope', 'must say what the application may ask for before it goes live');
  const scopes = [
    ...new Set((given ?? (people ? TRIAL_SCOPES : '')).split(/\s+/).filter((scope) => scope !== '')),
  ];
  const entitlements = read.texts('entitlements') ?? [];
  for (const entitlement of entitlements) {
    if (!ENTITLED_SCOPES.has(entitlement))
      read.fault('entitlements', `must be of ${[...ENTITLED_SCOPES].join(', ')}`);
  }
  for (const scope of scopes) {
    if (!Object.hasOwn(SCOPE_CLAIMS, scope)) {
      read.fault('scope', `must be of ${Object.keys(SCOPE_CLAIMS).join(' ')}: ${scope.slice(0, 60)}`);
    } else if (ENTITLED_SCOPES.has(scope) && !entitlements.includes(scope)) {
      read.fault(
        'scope',
        `${scope} needs "entitlements": ["${scope}"], given by the region's office on a legal ground`,
      );
    }
  }
  if (read.raw('legacy_events_uri') !== undefined && !entitlements.includes('legacy_accounts')) {
    read.fault(
      'legacy_events_uri',
      `needs "entitlements": ["legacy_accounts"], given by the region's office on a legal ground`,
    );
  }
  if (people && given !== undefined && !scopes.includes('openid')) read.fault('scope', 'must hold openid');
  const resources = read.texts('resources') ?? [];
  for (const resource of resources)
    if (!isResourceIdentifier(resource)) read.fault('resources', 'must be absolute URIs without a fragment');
  return { scopes, entitlements, resources };
}

/** The application's own interface: `{identifier, scope, access_token_format?, access_token_ttl?}`. */
export function judgeResource(outer: Reader): Resource | undefined {
  const given = outer.raw('resource');
  if (given === undefined) return undefined;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    outer.fault('resource', 'must be an object with identifier and scope');
    return undefined;
  }
  const read = new Reader(given as Record<string, unknown>);
  const identifier = read.text('identifier', 500) ?? '';
  if (!isResourceIdentifier(identifier))
    read.fault('identifier', 'must be an absolute URI without a fragment');
  const scope = read.text('scope', 1_000) ?? '';
  const scopes = scope.split(/\s+/).filter((part) => part !== '');
  if (scopes.length === 0 || scopes.some((part) => !SCOPE.test(part)))
    read.fault('scope', 'must be scope names separated by spaces');
  // A name with two meanings would let a consent for one be read as the other.
  if (scopes.some((part) => Object.hasOwn(SCOPE_CLAIMS, part)))
    read.fault('scope', 'must not use the names of the identity scopes');
  const format = read.oneOf('access_token_format', ['opaque', 'jwt']) ?? 'opaque';
  const lifetime = read.raw('access_token_ttl') ?? 300;
  const most = format === 'jwt' ? LONGEST_JWT_SECONDS : 3_600;
  if (!(Number.isSafeInteger(lifetime) && (lifetime as number) >= 30 && (lifetime as number) <= most)) {
    read.fault('access_token_ttl', `must be 30 to ${most} seconds`);
  }
  for (const name of read.unknown()) read.fault(name, 'no such field');
  for (const fault of read.faults) outer.fault(`resource.${fault.setting}`, fault.right);
  return { identifier, scope: scopes.join(' '), format, lifetimeSeconds: lifetime as number };
}
