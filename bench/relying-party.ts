/** The same closed-loop relying party for every server measured; it checks every answer it gets. */
import { createHash, randomBytes } from 'node:crypto';
import { Agent, request as httpRequest } from 'node:http';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';

export interface App {
  clientId: string;
  secret: string;
  redirectUri: string;
  scope: string;
}

export interface Target {
  issuer: string;
  /** Endpoint paths from discovery. */
  endpoints: { authorization: string; token: string; userinfo: string; introspection: string; jwks: string };
}

export interface Answer {
  status: number;
  location: string | undefined;
  body: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** One visitor's browser: cookies and nothing else. */
export class Browser {
  readonly cookies = new Map<string, string>();

  async send(
    method: string,
    url: string,
    headers: Record<string, string> = {},
    body?: string,
  ): Promise<Answer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest(
        url,
        {
          method,
          agent,
          headers: {
            ...headers,
            ...(cookie ? { cookie } : {}),
            ...(body ? { 'content-length': Buffer.byteLength(body) } : {}),
          },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('end', () => {
            for (const line of incoming.headers['set-cookie'] ?? []) this.#keep(line);
            resolve({
              status: incoming.statusCode!,
              location: incoming.headers.location,
              body: Buffer.concat(chunks).toString(),
            });
          });
          incoming.on('error', reject);
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  #keep(line: string): void {
    const [pair, ...attributes] = line.split(';');
    const at = pair!.indexOf('=');
    const name = pair!.slice(0, at);
    const gone = attributes.some((part) => /^\s*(max-age=0|expires=Thu, 01 Jan 1970)/i.test(part));
    if (gone) this.cookies.delete(name);
    else this.cookies.set(name, pair!.slice(at + 1));
  }
}

export async function discover(issuer: string): Promise<Target & { keys: JSONWebKeySet }> {
  const metadata = JSON.parse(
    (await new Browser().send('GET', `${issuer}/.well-known/openid-configuration`)).body,
  ) as Record<string, string>;
  const keys = JSON.parse((await new Browser().send('GET', metadata.jwks_uri!)).body) as JSONWebKeySet;
  return {
    issuer: metadata.issuer!,
    endpoints: {
      authorization: metadata.authorization_endpoint!,
      token: metadata.token_endpoint!,
      userinfo: metadata.userinfo_endpoint!,
      introspection: metadata.introspection_endpoint!,
      jwks: metadata.jwks_uri!,
    },
    keys,
  };
}

export class RelyingParty {
  readonly #target: Target;
  readonly #keys: ReturnType<typeof createLocalJWKSet>;

  constructor(target: Target & { keys: JSONWebKeySet }) {
    this.#target = target;
    this.#keys = createLocalJWKSet(target.keys);
  }

  /** Authorize → (login when asked) → code → token → userinfo, everything checked. */
  async signIn(
    browser: Browser,
    app: App,
    login?: { identifier: string; password: string },
  ): Promise<{ refreshToken?: string; accessToken: string }> {
    const verifier = randomBytes(32).toString('base64url');
    const state = randomBytes(12).toString('base64url');
    const nonce = randomBytes(12).toString('base64url');
    const query = new URLSearchParams({
      client_id: app.clientId,
      response_type: 'code',
      redirect_uri: app.redirectUri,
      scope: app.scope,
      state,
      nonce,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
    let answer = await browser.send('GET', `${this.#target.endpoints.authorization}?${query}`);
    for (let hop = 0; hop < 12; hop += 1) {
      if (answer.location?.startsWith(app.redirectUri)) break;
      if (answer.status >= 300 && answer.status < 400) {
        answer = await browser.send('GET', new URL(answer.location!, this.#target.issuer).href);
      } else if (answer.status === 200 && answer.body.includes('<form') && login) {
        answer = await this.#submit(browser, answer.body, login);
      } else {
        throw new Error(`stopped at status ${answer.status}: ${answer.body.slice(0, 300)}`);
      }
    }
    const back = new URL(answer.location ?? 'http://none');
    expect(back.searchParams.get('state') === state, `state of ${back.href}`);
    expect(back.searchParams.get('iss') === this.#target.issuer, 'iss (RFC 9207)');
    const tokens = await this.token(app, {
      grant_type: 'authorization_code',
      code: back.searchParams.get('code') ?? '',
      redirect_uri: app.redirectUri,
      code_verifier: verifier,
    });
    const { payload } = await jwtVerify(tokens.id_token!, this.#keys, {
      issuer: this.#target.issuer,
      audience: app.clientId,
    });
    expect(payload.nonce === nonce, 'nonce');
    const userinfo = await new Browser().send('GET', this.#target.endpoints.userinfo, {
      authorization: `Bearer ${tokens.access_token}`,
    });
    expect(
      userinfo.status === 200 && (JSON.parse(userinfo.body) as { sub: string }).sub === payload.sub,
      'userinfo subject',
    );
    return {
      accessToken: tokens.access_token!,
      ...(tokens.refresh_token ? { refreshToken: tokens.refresh_token } : {}),
    };
  }

  /** Rotates and returns the new refresh token. */
  async refresh(app: App, refreshToken: string): Promise<string> {
    const tokens = await this.token(app, { grant_type: 'refresh_token', refresh_token: refreshToken });
    expect(tokens.refresh_token !== undefined && tokens.refresh_token !== refreshToken, 'rotation');
    return tokens.refresh_token!;
  }

  async clientCredentials(app: App): Promise<string> {
    return (await this.token(app, { grant_type: 'client_credentials' })).access_token!;
  }

  async introspect(app: App, token: string): Promise<void> {
    const answer = await this.#form(this.#target.endpoints.introspection, app, {
      token,
      token_type_hint: 'access_token',
    });
    expect(
      answer.status === 200 && (JSON.parse(answer.body) as { active: boolean }).active === true,
      `introspection ${answer.body}`,
    );
  }

  async discovery(): Promise<void> {
    const browser = new Browser();
    const metadata = await browser.send('GET', `${this.#target.issuer}/.well-known/openid-configuration`);
    const keys = await browser.send('GET', this.#target.endpoints.jwks);
    expect(metadata.status === 200 && metadata.body.includes(this.#target.issuer), 'discovery');
    expect(keys.status === 200 && keys.body.includes('"keys"'), 'jwks');
  }

  async token(app: App, parameters: Record<string, string>): Promise<Record<string, string>> {
    const answer = await this.#form(this.#target.endpoints.token, app, parameters);
    expect(answer.status === 200, `token endpoint answered ${answer.status} ${answer.body.slice(0, 200)}`);
    return JSON.parse(answer.body) as Record<string, string>;
  }

  async #form(url: string, app: App, parameters: Record<string, string>): Promise<Answer> {
    const credentials = Buffer.from(
      `${encodeURIComponent(app.clientId)}:${encodeURIComponent(app.secret)}`,
    ).toString('base64');
    return new Browser().send(
      'POST',
      url,
      { authorization: `Basic ${credentials}`, 'content-type': 'application/x-www-form-urlencoded' },
      new URLSearchParams(parameters).toString(),
    );
  }

  /** Fills the first form that has a password or a decision, as a browser without scripts would. */
  async #submit(
    browser: Browser,
    html: string,
    login: { identifier: string; password: string },
  ): Promise<Answer> {
    const forms = [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)];
    const form = forms.find(([, , inner]) => /name="(password|decision)"/.test(inner!)) ?? forms[0]!;
    const action = unescapeHtml(/action="([^"]*)"/.exec(form[1]!)?.[1] ?? '');
    const fields = new URLSearchParams();
    for (const [input] of form[2]!.matchAll(/<input\b[^>]*>/g)) {
      const name = /name="([^"]*)"/.exec(input)?.[1];
      if (name && /type="hidden"/.test(input))
        fields.set(name, unescapeHtml(/value="([^"]*)"/.exec(input)?.[1] ?? ''));
    }
    if (/name="password"/.test(form[2]!)) {
      fields.set('identifier', login.identifier);
      fields.set('password', login.password);
    } else fields.set('decision', 'allow');
    return browser.send(
      'POST',
      new URL(action, this.#target.issuer).href,
      { 'content-type': 'application/x-www-form-urlencoded', origin: this.#target.issuer },
      fields.toString(),
    );
  }
}

const unescapeHtml = (text: string) =>
  text.replaceAll('&amp;', '&').replaceAll('&#39;', "'").replaceAll('&quot;', '"');

function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(`wrong answer: ${what}`);
}
