/**
 * Signing in with the password of an old account: what the room of credentials asks for where a person has no password
 * here. Counts only where a link opened the account, so that whoever wrote a stranger's number into an old system gains
 * nothing of what the stranger opened here.
 */
import type { Accounts } from '../accounts/accounts.ts';
import type { PersonId } from '../accounts/person.ts';
import type { AuditTrail } from '../audit/trail.ts';
import type { Hasher } from '../credentials/hasher.ts';
import type { OldPassword, OldPasswords } from '../credentials/old-passwords.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/postgres.ts';
import type { Sealer } from '../platform/seal/sealer.ts';
import { checkPassword, makeRecipeReader } from './old-password.ts';
import { passwordsOf, usePasswords } from './old-password-store.ts';
import { expiryOf } from './password-expiry.ts';
import { countTries } from './report-store.ts';
import { mondayOf } from './weeks.ts';

export interface OldSignInRoom {
  database: Database;
  accounts: Pick<Accounts, 'get'>;
  sealer: Sealer;
  hasher: Hasher;
  trail: AuditTrail;
  clock: Clock;
}

/** Rows that a count is spread over. */
const LANES = 8;

/** More old accounts than anybody has; each costs an attempt one hash. */
const MOST = 10;

interface Candidate extends OldPassword {
  readonly source: string;
}

export function openOldSignIn(room: OldSignInRoom): OldPasswords {
  const { database, accounts, hasher, trail, clock } = room;
  const recipeOf = makeRecipeReader();
  const countedAt = (personId: PersonId) => ({
    week: mondayOf(clock.now()),
    lane: Number.parseInt(personId.at(-1)!, 16) % LANES,
  });
  return {
    async of(personId: PersonId): Promise<Candidate[]> {
      const rows = await passwordsOf(database, personId, MOST);
      return rows.flatMap((row) => {
        const recipe = recipeOf(row.source, row.declaration);
        if (!recipe || clock.now() >= expiryOf(row.declaration, row.since)) return [];
        return {
          source: row.source,
          wasReadable: row.state === 'hashed',
          matches: (password) => hasher.run(() => checkPassword(room, recipe, row, password)),
        };
      });
    },
    async factsOf(personId) {
      const person = await accounts.get(personId);
      if (!person) return {};
      const { document, name, phone, birthdate, userName } = person;
      return { documentNumber: document.number, name, phone, birthdate, userName };
    },
    async takeOver(tx, personId, right) {
      const { source } = right as Candidate;
      if ((await usePasswords(tx, personId, clock.now())) === 0) return;
      await countTries(tx, [source], { ...countedAt(personId), opened: true });
      await trail.append(tx, {
        type: 'old-password.taken-over',
        personId,
        actor: 'self',
        outcome: 'success',
        detail: { source },
      });
    },
    async refused(personId, tried) {
      const sources = [...new Set((tried as readonly Candidate[]).map(({ source }) => source))];
      await countTries(database, sources, { ...countedAt(personId), opened: false });
    },
  };
}
