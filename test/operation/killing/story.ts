/** One citizen's day: registers or signs in, uses the department, whose tokens are renewed, and signs out. */
import { type Asker, ask, askForTokens, presentOnce, REDIRECT, SIGNED_OUT, SITE } from './clients.ts';
import { type Citizen, Visitor } from './visitor.ts';

export interface StoryParts extends Asker {
  secret: string;
  citizen: Citizen;
  password: string;
  /** Nobody else is the same citizen, and would be signed out with them. */
  alone: boolean;
  /** Whether what was answered is there after a kill to the last token; not so where the database dies with the node. */
  exact: boolean;
}

interface Tokens {
  access_token: string;
  refresh_token: string;
  id_token: string;
}

const REFRESHES = 3;

export async function live(parts: StoryParts): Promise<void> {
  const { dice, ledger } = parts;
  const visitor = new Visitor(parts);
  for (;;) {
    const { code, verifier } = await visitor.reachSite();
    const form = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT, code_verifier: verifier };
    const { tokens, times } = await presentOnce(parts, 'code', code, () =>
      askForTokens(parts, form, parts.secret),
    );
    if (!tokens) continue;
    noteIdToken(parts, tokens);
    // A code presented twice ends what the first gave, as it should; then there is nothing to go on with.
    if (times > 1) continue;
    if (!(await use(parts, tokens as unknown as Tokens))) continue;
    const again = await askForTokens(parts, form, parts.secret);
    if (again?.status === 200) ledger.accepted('code', code);
    if (dice.chance(0.7)) await signOut(parts, visitor, tokens as unknown as Tokens);
    ledger.count('stories');
    return;
  }
}

/** Reads the claims and renews the tokens; false when they turned out to be of no use. */
async function use(parts: StoryParts, first: Tokens): Promise<boolean> {
  const { ledger, exact } = parts;
  let { access_token: access, refresh_token: refresh } = first;
  for (let n = 0; n <= REFRESHES; n += 1) {
    if (!(await readClaims(parts, access))) {
      if (exact) ledger.odd('an access token that was just answered does not hold');
      return false;
    }
    const form = { grant_type: 'refresh_token', refresh_token: refresh };
    const { tokens } = await presentOnce(parts, 'refresh token', refresh, () =>
      askForTokens(parts, form, parts.secret),
    );
    if (!tokens) {
      // The successor was lost on the way. Within the grace that does not end what is held besides.
      if (exact && !(await readClaims(parts, access)))
        ledger.odd('a lost answer to a refresh ended the grant');
      return false;
    }
    noteIdToken(parts, tokens);
    if (parts.dice.chance(0.3)) {
      const again = await askForTokens(parts, form, parts.secret);
      if (again?.status === 200) ledger.accepted('refresh token', refresh);
    }
    access = String(tokens.access_token);
    refresh = String(tokens.refresh_token);
  }
  return true;
}

function noteIdToken({ ledger, citizen }: StoryParts, tokens: Record<string, unknown>): void {
  if (tokens.id_token)
    ledger.releases.push({ client: SITE, number: citizen.person.document.number, via: 'id_token' });
}

async function readClaims({ origin, ledger, citizen }: StoryParts, access: string): Promise<boolean> {
  for (;;) {
    const answer = await ask(`${origin}/oauth/userinfo`, { headers: { authorization: `Bearer ${access}` } });
    if (answer?.status === 401) return false;
    if (answer?.status === 200) {
      if (answer.body.name !== citizen.person.name) ledger.odd(`the claims of another: ${answer.body.name}`);
      ledger.releases.push({ client: SITE, number: citizen.person.document.number, via: 'userinfo' });
      return true;
    }
    if (answer && answer.status !== 503) ledger.odd(`userinfo answered ${answer.status}`);
    await ledger.pause();
  }
}

async function signOut({ ledger, dice, alone }: StoryParts, visitor: Visitor, tokens: Tokens): Promise<void> {
  visitor.settled = true;
  const claims = JSON.parse(Buffer.from(tokens.id_token.split('.')[1]!, 'base64url').toString());
  await (alone && dice.chance(0.5) ? signOutEverywhere(visitor) : signOutAtSite(visitor, tokens));
  ledger.signedOut.push(String(claims.sid));
  ledger.count('signed out');
}

async function signOutAtSite(visitor: Visitor, tokens: Tokens): Promise<void> {
  const query = new URLSearchParams({ id_token_hint: tokens.id_token, post_logout_redirect_uri: SIGNED_OUT });
  for (;;) {
    let page = await visitor.open(`/oauth/logout?${query}`);
    if (page && !page.url.href.startsWith(SIGNED_OUT)) {
      // Who is signed out already only gets a form that goes on by itself.
      const asked = page.html.includes('value="yes"') && !page.html.includes('data-go');
      page = await visitor.send(
        page,
        {},
        { action: '/logout/confirm', ...(asked ? { button: 'logout=yes' } : {}) },
      );
    }
    if (page?.url.href.startsWith(SIGNED_OUT)) return;
    await visitor.rest();
  }
}

async function signOutEverywhere(visitor: Visitor): Promise<void> {
  for (;;) {
    let page = await visitor.open('/account');
    // Asked to sign in: the session has ended.
    if (page?.root.querySelector('form[action$="/login"]')) return;
    if (page) page = await visitor.send(page, {}, { action: '/account/sessions/end' });
    if (page?.url.pathname === '/signed-out-everywhere') return;
    await visitor.rest();
  }
}
