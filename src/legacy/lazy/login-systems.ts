/** Which old systems check passwords themselves, and whose identifier may be one of theirs. */
import type { TypedIdentifier } from '../../credentials/old-passwords.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/observe/log.ts';
import type { Database } from '../../platform/postgres.ts';
import { type Declaration, readDeclaration } from '../declaration.ts';
import { expiryOf } from '../password-expiry.ts';
import type { OldLogin } from '../sources/login-interface.ts';
import { listLoginSystems } from './lazy-store.ts';

export interface LoginSystem {
  source: string;
  declaration: Declaration;
  /** The application whose old system it is. */
  client: string | undefined;
  login: OldLogin;
  /** From then on its passwords open nothing. */
  until: Date;
}

/** For so long a declaration that was put in place is not seen; nobody waits for it, and no sign-in asks for it. */
const FRESH_MS = 5_000;

/** Reads the systems that can be asked now, anew every few seconds. */
export function makeSystemReader({
  database,
  clock,
  log,
  logins,
}: {
  database: Database;
  clock: Clock;
  log: Pick<Log, 'warn'>;
  logins: ReadonlyMap<string, OldLogin>;
}): () => Promise<LoginSystem[]> {
  const told = new Set<string>();
  let known: Promise<LoginSystem[]> | undefined;
  let asked = 0;

  const read = async (): Promise<LoginSystem[]> =>
    (await listLoginSystems(database)).flatMap((row): LoginSystem[] => {
      const declared = readDeclaration(row.declaration);
      const login = logins.get(row.login);
      if (!login && !told.has(row.source)) {
        told.add(row.source);
        log.warn(
          { source: row.source, login: row.login },
          'an old system’s login interface is not in the settings',
        );
      }
      if (!declared.ok || !login) return [];
      const until = expiryOf(row.declaration, row.created_at);
      return [
        { source: row.source, declaration: declared.value, client: row.client ?? undefined, login, until },
      ];
    });

  return async () => {
    if (logins.size === 0) return [];
    if (!known || performance.now() - asked > FRESH_MS) {
      asked = performance.now();
      known = read();
      known.catch(() => {
        known = undefined;
      });
    }
    const now = clock.now();
    return (await known).filter(({ until }) => now < until);
  };
}

/** Whether people of this system sign in with such an identifier. */
export function couldBeTheirs({ declaration }: LoginSystem, { kind, document }: TypedIdentifier): boolean {
  const { identifiers, person } = declaration;
  if (identifiers && !identifiers.includes(kind)) return false;
  const type = person?.document?.type;
  return document === undefined || typeof type !== 'string' || type === document.type;
}

/** Those to ask about somebody who is unknown here: the application's own first, and no more than `most`. */
export function systemsFor(
  systems: readonly LoginSystem[],
  typed: TypedIdentifier,
  most: number,
): LoginSystem[] {
  const own = ({ client }: LoginSystem) => (client !== undefined && client === typed.client ? 0 : 1);
  return systems
    .filter((system) => couldBeTheirs(system, typed))
    .sort((one, other) => own(one) - own(other))
    .slice(0, most);
}
