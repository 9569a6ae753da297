/** The applications of these tests: what they are registered as, and how their servers ask. */
import { randomUUID } from 'node:crypto';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { Dice } from './dice.ts';
import type { Ledger } from './ledger.ts';

export const SITE = 'grain-subsidy';
export const SITE_ORIGIN = 'https://site.example.gov.cn';
export const REDIRECT = `${SITE_ORIGIN}/callback`;
export const SIGNED_OUT = `${SITE_ORIGIN}/signed-out`;
const MACHINE = 'batch';

const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });

/** A website that people sign in to, and a service that proves itself by a key. */
export const definitions = async (logoutUri: string): Promise<Record<string, unknown>[]> => [
  {
    client_id: SITE,
    client_name: '粮食补贴（测试）',
    sector: SITE,
    scope: 'openid profile phone offline_access',
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: [REDIRECT],
    post_logout_redirect_uris: [SIGNED_OUT],
    backchannel_logout_uri: logoutUri,
  },
  {
    client_id: MACHINE,
    grant_types: ['client_credentials'],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }] },
  },
];

export interface Answer {
  status: number;
  body: Record<string, unknown>;
}

export interface Asker {
  origin: string;
  ledger: Ledger;
  dice: Dice;
}

/** Asks the token endpoint; undefined when no answer came. */
export async function askForTokens(
  { origin, ledger }: Asker,
  form: Record<string, string>,
  secret?: string,
): Promise<Answer | undefined> {
  const authorization = secret && `Basic ${Buffer.from(`${SITE}:${secret}`).toString('base64')}`;
  const answer = await ask(`${origin}/oauth/token`, {
    method: 'POST',
    headers: { ...(authorization ? { authorization } : {}), 'x-came-from': '10.200.0.1' },
    body: new URLSearchParams(form),
  });
  // 401: an assertion was presented before.
  const refused = secret ? 400 : 401;
  if (answer && ![200, refused, 503].includes(answer.status))
    ledger.odd(`the token endpoint answered ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer;
}

/**
 * Presents something that may be used once, as an application would whose answers get lost: again and again
 * until an answer comes, and now and then twice at once. Returns the success, and how often it was presented.
 */
export async function presentOnce(
  asker: Asker,
  what: 'code' | 'refresh token' | 'assertion',
  thing: string,
  present: () => Promise<Answer | undefined>,
): Promise<{ tokens: Record<string, unknown> | undefined; times: number }> {
  const { dice, ledger } = asker;
  let times = 0;
  for (;;) {
    const copies = dice.chance(0.2) ? 2 : 1;
    times += copies;
    const answers = await Promise.all(Array.from({ length: copies }, present));
    const good = answers.filter((answer) => answer?.status === 200);
    for (const _ of good) ledger.accepted(what, thing);
    if (good[0]) return { tokens: good[0].body, times };
    if (answers.some((answer) => answer && answer.status !== 503)) return { tokens: undefined, times };
    await ledger.pause();
  }
}

/** A service fetches tokens for itself, each time with a new assertion. */
export async function runMachine(asker: Asker): Promise<void> {
  const { ledger, origin } = asker;
  while (!ledger.closing) {
    const assertion = await new SignJWT({ jti: randomUUID() })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setIssuer(MACHINE)
      .setSubject(MACHINE)
      .setAudience(origin)
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(privateKey as CryptoKey);
    await presentOnce(asker, 'assertion', assertion, () =>
      askForTokens(asker, {
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion,
      }),
    );
    await ledger.pause();
  }
}

/** A request whose answer may get lost; anything else that goes wrong is thrown. */
export async function ask(address: string, init: RequestInit): Promise<Answer | undefined> {
  try {
    const response = await fetch(address, init);
    const text = await response.text();
    return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
  } catch (error) {
    if (isLost(error)) return undefined;
    throw error;
  }
}

/** The connection broke before the answer was complete. */
export const isLost = (error: unknown): boolean =>
  error instanceof TypeError && ['fetch failed', 'terminated'].includes(error.message);
