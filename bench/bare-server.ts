/**
 * The measure: a bare oidc-provider on a plain in-memory Map, a one-line login without a password hash and
 * consent given by itself. Whatever Yihao costs beyond this is what its promises cost.
 */
import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import Provider, { type Adapter, type AdapterPayload, type ClientMetadata } from 'oidc-provider';

const { port, clients } = JSON.parse(process.argv[2]!) as { port: number; clients: ClientMetadata[] };
const issuer = `http://127.0.0.1:${port}`;

const records = new Map<string, AdapterPayload>();
const grants = new Map<string, Set<string>>();

class MapAdapter implements Adapter {
  readonly model: string;
  constructor(model: string) {
    this.model = model;
  }
  async upsert(id: string, payload: AdapterPayload): Promise<void> {
    records.set(`${this.model}:${id}`, payload);
    if (this.model === 'Session') records.set(`uid:${payload.uid}`, payload);
    if (payload.grantId) {
      const family = grants.get(payload.grantId) ?? new Set();
      grants.set(payload.grantId, family.add(`${this.model}:${id}`));
    }
  }
  async find(id: string): Promise<AdapterPayload | undefined> {
    return records.get(`${this.model}:${id}`);
  }
  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return records.get(`uid:${uid}`);
  }
  async findByUserCode(): Promise<undefined> {
    return undefined;
  }
  async consume(id: string): Promise<void> {
    records.get(`${this.model}:${id}`)!.consumed = Math.floor(Date.now() / 1000);
  }
  async destroy(id: string): Promise<void> {
    records.delete(`${this.model}:${id}`);
  }
  async revokeByGrantId(grantId: string): Promise<void> {
    for (const key of grants.get(grantId) ?? []) records.delete(key);
    grants.delete(grantId);
  }
}

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const provider = new Provider(issuer, {
  adapter: MapAdapter,
  clients,
  jwks: {
    keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256', kid: 'bare' }],
  } as never,
  cookies: { keys: ['only for measuring'] },
  pkce: { required: () => true },
  scopes: ['openid', 'offline_access', 'profile'],
  claims: { openid: ['sub'], profile: ['name', 'gender', 'birthdate'] },
  conformIdTokenClaims: true,
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    revocation: { enabled: true },
  },
  rotateRefreshToken: true,
  issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
  ttl: {
    AccessToken: 600,
    AuthorizationCode: 60,
    Grant: 86_400,
    IdToken: 600,
    Interaction: 600,
    RefreshToken: 86_400,
    Session: 28_800,
    ClientCredentials: 600,
  },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_ctx, sub) => ({
    accountId: sub,
    claims: () => ({ sub, name: 'bench', gender: 'female', birthdate: '1900-01-01' }),
  }),
  async loadExistingGrant(ctx) {
    const client = ctx.oidc.client!;
    const known = ctx.oidc.session!.grantIdFor(client.clientId);
    if (known) return provider.Grant.find(known);
    const grant = new provider.Grant({ clientId: client.clientId, accountId: ctx.oidc.session!.accountId! });
    grant.addOIDCScope('openid profile');
    await grant.save();
    return grant;
  },
});

// Ends in an orderly way, so that a profile of it is written (node --cpu-prof).
process.on('SIGTERM', () => process.exit(0));

const respond = provider.callback();
createServer((request, response) => {
  if (request.url?.startsWith('/interaction/')) void login(request, response);
  else respond(request, response);
}).listen(port, '127.0.0.1', () => process.send?.('ready'));

async function login(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const details = await provider.interactionDetails(request, response);
  if (request.method === 'GET') {
    response.setHeader('content-type', 'text/html');
    response.end(
      `<form method="post" action="${request.url}"><input name="identifier"><input name="password"></form>`,
    );
    return;
  }
  let body = '';
  for await (const chunk of request) body += chunk;
  const identifier = new URLSearchParams(body).get('identifier')!;
  await provider.interactionFinished(
    request,
    response,
    { login: { accountId: identifier } },
    { mergeWithLastSubmission: false },
  );
  void details;
}
