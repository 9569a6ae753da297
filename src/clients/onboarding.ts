/**
 * Judges the definition of an application, every fault at once. Names are those of OpenID Connect Registration
 * and RFC 7591 (`client_name#bo` for a language); what is ours beside them: purpose, owner, sector, legal_basis,
 * entitlements, least_acr, resource, resources, state.
 */
import { randomBytes } from 'node:crypto';
import { type ClientState, isClientId, type Words } from './client.ts';
import {
  type ClientDefinition,
  definitionFailed,
  type JudgedDefinition,
  type JudgedOutcome,
  present,
  Reader,
} from './definition.ts';
import { judgeGrants, judgeKeys } from './onboarding-protocol.ts';
import { judgeResource, judgeScopes } from './onboarding-scopes.ts';
import { judgeUrls, sectorOf } from './onboarding-urls.ts';
import { secretFault } from './secret.ts';

const STATES = ['draft', 'reviewed', 'trial', 'live'] as const;
const ACR = /^urn:yihao:acr:1:ial[1-5]:aal[1-3]$/;

/**
 * Reads and judges. `standing` is where an existing application stands: a live one must stay fit to be live.
 * @param sampleSecrets whether a secret may be a sample or a pattern
 */
export function judgeDefinition(
  definition: unknown,
  standing?: ClientState,
  sampleSecrets = false,
): JudgedOutcome<JudgedDefinition> {
  if (typeof definition !== 'object' || definition === null || Array.isArray(definition)) {
    return definitionFailed([{ setting: '(whole)', right: 'must be a JSON object' }]);
  }
  const read = new Reader(definition as ClientDefinition);
  const state = read.oneOf('state', STATES) ?? 'trial';
  const live = state === 'live' || standing === 'live';

  const id = judgeId(read);
  const names = judgeNames(read, id, live);
  const urls = judgeUrls(read, { loopback: !live });
  const grants = judgeGrants(read, urls.redirect_uris);
  const keys = judgeKeys(read, grants);
  const defaults = judgeDefaults(read);
  const judged: JudgedDefinition = {
    ...names,
    ...judgeScopes(read, { live, grants }),
    metadata: {
      client_id: id,
      client_name: names.name['zh-CN'],
      ...urls,
      ...grants,
      ...keys,
      ...defaults.metadata,
    },
    sector: sectorOf(read, id, urls.redirect_uris, live),
    legalBasis: read.oneOf('legal_basis', ['consent', 'statutory-duty']) ?? 'consent',
    leastAcr: defaults.leastAcr,
    resource: judgeResource(read),
    secret: judgeSecret(read, grants.token_endpoint_auth_method, sampleSecrets),
    definition: withoutSecret(definition as ClientDefinition),
    state,
  };
  for (const name of read.unknown()) read.fault(name, `no such field${HINTS[name] ?? ''}`);
  return read.faults.length > 0 ? definitionFailed(read.faults) : { ok: true, value: judged };
}

function withoutSecret(definition: ClientDefinition): ClientDefinition {
  const { client_secret: _, ...rest } = definition;
  return rest;
}

/** Fields of other servers, and what stands for them here. */
const HINTS: Record<string, string> = {
  sector_identifier_uri: '; give `sector`',
  request_uris: '; push requests instead (RFC 9126)',
  jwks_url: '; it is `jwks_uri`',
};

function judgeId(read: Reader): string {
  const id = read.text('client_id', 64);
  if (id === undefined) return `app-${randomBytes(9).toString('hex')}`;
  if (!isClientId(id))
    read.fault(
      'client_id',
      'must be 3 to 64 characters of A-Z a-z 0-9 . _ ~ - and begin with a letter or digit',
    );
  return id;
}

function judgeSecret(read: Reader, method: string, samples: boolean): string | undefined {
  const secret = read.raw('client_secret');
  if (secret === undefined) return undefined;
  const wrong = method.startsWith('client_secret')
    ? secretFault(secret, samples)
    : `is of no use with ${method}`;
  if (wrong) read.fault('client_secret', wrong);
  return secret as string;
}

function judgeNames(read: Reader, id: string, live: boolean): { name: Words; purpose: Words; owner: Words } {
  const name = judgeWords(read, 'client_name', live, id, 60);
  const purpose = judgeWords(read, 'purpose', live, name['zh-CN'], 200);
  const owner = judgeWords(read, 'owner', live, undefined, 100);
  return { name, purpose, owner: owner ?? name };
}

/** A text per language; live applications speak all three, before that one is enough. */
function judgeWords(read: Reader, field: string, live: boolean, otherwise: string, most: number): Words;
function judgeWords(
  read: Reader,
  field: string,
  live: boolean,
  otherwise: undefined,
  most: number,
): Words | undefined;
function judgeWords(
  read: Reader,
  field: string,
  live: boolean,
  otherwise: string | undefined,
  most: number,
): Words | undefined {
  const plain = read.text(field, most);
  const words = {
    'zh-CN': read.text(`${field}#zh-CN`, most),
    bo: read.text(`${field}#bo`, most),
    en: read.text(`${field}#en`, most),
  };
  if (live) {
    for (const [language, text] of Object.entries(words)) {
      if (text === undefined)
        read.fault(`${field}#${language}`, 'must be given before the application goes live');
    }
  }
  const any = plain ?? words['zh-CN'] ?? words.en ?? words.bo ?? otherwise;
  if (any === undefined) return undefined;
  return { 'zh-CN': words['zh-CN'] ?? any, bo: words.bo ?? any, en: words.en ?? any };
}

function judgeDefaults(read: Reader): { metadata: Record<string, unknown>; leastAcr: string | undefined } {
  const leastAcr = read.text('least_acr');
  const acr = 'must be urn:yihao:acr:1:ial<1-5>:aal<1-3>';
  if (leastAcr !== undefined && !ACR.test(leastAcr)) read.fault('least_acr', acr);
  const wanted = read.texts('default_acr_values');
  if (wanted?.some((value) => !ACR.test(value))) read.fault('default_acr_values', `${acr}, each`);
  const age = read.raw('default_max_age');
  if (age !== undefined && !(Number.isSafeInteger(age) && (age as number) >= 0)) {
    read.fault('default_max_age', 'must be a whole number of seconds');
  }
  const contacts = read.texts('contacts');
  if (contacts?.some((contact) => !/^[^\s@]+@[A-Za-z0-9.-]+$/.test(contact)))
    read.fault('contacts', 'must be e-mail addresses');
  // Said by some tools; there is no other kind here.
  read.oneOf('subject_type', ['pairwise']);
  const metadata = {
    default_acr_values: wanted,
    default_max_age: age,
    contacts,
    require_auth_time: read.yesNo('require_auth_time'),
  };
  return { metadata: present(metadata), leastAcr };
}
