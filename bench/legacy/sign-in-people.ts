/** Applications and people for the sign-ins that run beside an import. */
import type { Yihao } from '../../src/app.ts';
import { enrolPerson } from '../../src/enrol.ts';
import type { App } from '../relying-party.ts';
import { citizen, FIRST } from './people.ts';

const PASSWORD = 'Bench-Yak-41-river';

export const APP: App = {
  clientId: 'bench-website',
  secret: 'bench-website-secret-only-for-measuring-0123456789',
  redirectUri: 'http://localhost:4999/bench-website/callback',
  scope: 'openid profile',
};

export async function declareApps({ clients }: Yihao): Promise<void> {
  const outcome = await clients.ensure(
    {
      client_id: APP.clientId,
      client_secret: APP.secret,
      client_name: APP.clientId,
      redirect_uris: [APP.redirectUri],
      grant_types: ['authorization_code'],
      scope: APP.scope,
      legal_basis: 'statutory-duty',
      sector: APP.clientId,
    },
    { actor: 'system' },
  );
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.failure));
}

export const whoSignsIn = (seed: string, count: number): { identifier: string; password: string }[] =>
  Array.from({ length: count }, (_, n) => ({
    identifier: citizen(seed, FIRST.signingIn + n).document.number,
    password: PASSWORD,
  }));

export async function enrolSigningIn(yihao: Yihao, seed: string, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const { document, name } = citizen(seed, FIRST.signingIn + n);
    const outcome = await enrolPerson(
      yihao,
      { document_number: document.number, name, password: PASSWORD, identity_level: 3, reason: 'bench' },
      { actor: 'system' },
    );
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.failure));
  }
}
