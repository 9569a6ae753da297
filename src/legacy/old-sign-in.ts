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
import type { PersonFacts } from '../credentials/password-policy.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database, Transaction } from '../platform/postgres.ts';
import type { Sealer } from '../platform/seal/sealer.ts';
import type { LoginDoor } from './lazy/login-door.ts';
import { checkPassword, makeRecipeReader } from './old-password.ts';
import { holdLink, passwordsOf, usePasswords } from './old-password-store.ts';
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
/** Looked up when nobody is meant, so that the look-up costs the same. No UUIDv7 is nil (RFC 9562 section 5.9). */
const NOBODY = '00000000-0000-0000-0000-000000000000' as PersonId;

/** @param door to systems that check passwords themselves, where there are any */
export function openOldSignIn(room: OldSignInRoom, door?: LoginDoor): OldPasswords {
  const { database, hasher, clock } = room;
  const recipeOf = makeRecipeReader();
  return {
    async of({ personId, typed }) {
      const rows = (await passwordsOf(database, personId ?? NOBODY, MOST)).filter(
        ({ declaration, since }) => clock.now() < expiryOf(declaration, since),
      );
      const counted = new Set<string>();
      /** One attempt counts once for each system, however many accounts the person has there. */
      const countWrong = async (id: PersonId, source: string) => {
        if (counted.has(source)) return;
        counted.add(source);
        await countTries(database, [source], { ...countedAt(clock, id), opened: false });
      };
      const resting = rows.flatMap(({ source, localId, declaration, password }): OldPassword[] => {
        const recipe = password && recipeOf(source, declaration);
        if (!personId || !recipe) return [];
        return [
          {
            wasReadable: password.state === 'hashed',
            async matches(given) {
              const right = await hasher.run(() => checkPassword(room, recipe, password, given));
              if (right.ok && !right.value) await countWrong(personId, source);
              return right;
            },
            facts: () => factsOf(room.accounts, personId),
            owner: async (tx) =>
              (await holdLink(tx, { source, localId }, personId)) ? { personId, anew: true } : undefined,
            takenOver: (tx) => takeOver(room, tx, personId, { source, rested: true }),
          },
        ];
      });
      const asked = typed && (await door?.passwordOf(personId, rows, typed));
      return asked ? [...resting, asked] : resting;
    },
    knownAs: async (typed) => door?.knownAs(typed),
    silence: () => door?.silence(),
  };
}

const countedAt = (clock: Clock, personId: PersonId) => ({
  week: mondayOf(clock.now()),
  lane: Number.parseInt(personId.at(-1)!, 16) % LANES,
});

/** What a new password of a person must not contain. */
export async function factsOf(accounts: Pick<Accounts, 'get'>, personId: PersonId): Promise<PersonFacts> {
  const person = await accounts.get(personId);
  if (!person) return {};
  const { document, name, phone, birthdate, userName } = person;
  return { documentNumber: document.number, name, phone, birthdate, userName };
}

/**
 * An old password has become the person's own: none of the old ones is left. `rested`: it rested here, so that of two sign-ins
 * at once one alone finds it and is counted.
 */
export async function takeOver(
  { trail, clock }: Pick<OldSignInRoom, 'trail' | 'clock'>,
  tx: Transaction,
  personId: PersonId,
  { source, rested }: { source: string; rested: boolean },
): Promise<void> {
  const used = await usePasswords(tx, personId, clock.now());
  if (rested && used === 0) return;
  await countTries(tx, [source], { ...countedAt(clock, personId), opened: true });
  await trail.append(tx, {
    type: 'old-password.taken-over',
    personId,
    actor: 'self',
    outcome: 'success',
    detail: { source },
  });
}
