/** People and departments that keep coming while something happens to the nodes. Every answer is checked. */
import * as client from 'openid-client';
import type { HtmlClient } from '../../support/html-client.ts';
import type { Installation } from './installation.ts';
import { learn, type Person, type Site, signedIn, visit } from './sign-on.ts';
import { until } from './until.ts';

export interface Load {
  /** Rounds that went well so far, by what was done. */
  readonly rounds: Record<string, number>;
  /** What went wrong, in words. */
  readonly failures: string[];
  /** Waits until everything was done once more, or something failed; then ends after the rounds under way. */
  stop(): Promise<void>;
}

const WORK = ['single sign-on', 'sign-in', 'client credentials', 'keys'] as const;

/** Between rounds: the machine has other work as well. */
const PAUSE_MS = 80;

/** `browser` is of somebody who is signed in and has agreed to the site. */
export function startLoad(installation: Installation, site: Site, person: Person, browser: HtmlClient): Load {
  const rounds: Record<string, number> = {};
  const failures: string[] = [];
  let going = true;

  async function again(what: (typeof WORK)[number], work: () => Promise<unknown>): Promise<void> {
    for (; going; await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))) {
      try {
        await work();
        rounds[what] = (rounds[what] ?? 0) + 1;
      } catch (error) {
        const { message, cause } = error as Error;
        failures.push(`${what}: ${message} ${cause ? String(cause) : ''}`);
      }
    }
  }

  const working = [
    again('single sign-on', async () => {
      const tokens = await visit(site, browser);
      if ((await learn(site, tokens)).name !== person.name) throw new Error('somebody else');
      await client.refreshTokenGrant(site.config, tokens.refresh_token!);
    }),
    again('sign-in', () => signedIn(installation, person)),
    again('client credentials', () => client.clientCredentialsGrant(site.config)),
    again('keys', async () => {
      const response = await fetch(`${installation.origin}/oauth/jwks`);
      if (!response.ok) throw new Error(`status ${response.status}`);
      await response.json();
    }),
  ];
  return {
    ...{ rounds, failures },
    async stop() {
      const before = { ...rounds };
      const goesOn = () => WORK.every((what) => (rounds[what] ?? 0) > (before[what] ?? 0));
      await until(() => failures.length > 0 || goesOn(), 'another round of everything');
      going = false;
      await Promise.all(working);
    },
  };
}
