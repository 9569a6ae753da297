/**
 * The door for people whose password only their old system can check. Whoever is unknown here is looked for in the
 * declared systems; who came from one of them before and has no password here yet is asked about there. All of it
 * within one counted attempt (credentials/throttle.ts), and with an end to the patience. An old system never opens what
 * its owner opened here, and nothing of its password rests but our own hash.
 */
import type { PersonId } from '../../accounts/person.ts';
import type { Hasher } from '../../credentials/hasher.ts';
import type { OldPassword, OldPasswordOwner, TypedIdentifier } from '../../credentials/old-passwords.ts';
import { type Failure, failed } from '../../platform/failure.ts';
import type { Log } from '../../platform/observe/log.ts';
import type { Transaction } from '../../platform/postgres.ts';
import { judgeRows } from '../judging.ts';
import { linkDecided } from '../link.ts';
import type { PersonsAccount } from '../old-password-store.ts';
import { factsOf, takeOver } from '../old-sign-in.ts';
import type { SignInSettings } from '../settings.ts';
import type { OldLogin } from '../sources/login-interface.ts';
import { openRecord } from '../staged-row.ts';
import { askSystems } from './ask-systems.ts';
import { barOf, type JudgeToldRoom, judgeTold, type RightOne } from './judge-told.ts';
import { readTold } from './lazy-store.ts';
import { keepName, personCalled } from './login-names.ts';
import { couldBeTheirs, type LoginSystem, makeSystemReader, systemsFor } from './login-systems.ts';

export interface LoginDoorRoom extends JudgeToldRoom {
  hasher: Hasher;
  log: Pick<Log, 'warn'>;
  logins: ReadonlyMap<string, OldLogin>;
  settings: SignInSettings;
}

export interface LoginDoor {
  /** The password that old systems would know of this person, or of somebody unknown; undefined where none is to be asked. */
  passwordOf(
    personId: PersonId | undefined,
    accounts: readonly PersonsAccount[],
    typed: TypedIdentifier,
  ): Promise<OldPassword | undefined>;
  /** See {@link OldPasswords.knownAs}. */
  knownAs(typed: TypedIdentifier): Promise<PersonId | undefined>;
  /** See {@link OldPasswords.silence}. */
  silence(): Failure | undefined;
}

/** For so long everybody hears of an old system that did not answer, unless it answers before. */
const SILENCE_MS = 300_000;
const RETRY_SECONDS = 60;
/** One line in the log for so long, however many people come. */
const TOLD_MS = 60_000;

const unreachable = () => failed('old-system-unreachable', 503, { retryAfter: RETRY_SECONDS });

export function openLoginDoor(room: LoginDoorRoom): LoginDoor {
  const { hasher, log, settings } = room;
  const readSystems = makeSystemReader(room);
  const silent = new Map<string, number>();
  const told = new Map<string, number>();

  const note = (asked: readonly LoginSystem[], without: readonly LoginSystem[]) => {
    for (const { source } of asked) silent.delete(source);
    const now = performance.now();
    for (const { source } of without) {
      silent.set(source, now);
      if (now - (told.get(source) ?? Number.NEGATIVE_INFINITY) < TOLD_MS) continue;
      told.set(source, now);
      log.warn({ source }, 'an old system does not say whether passwords are right');
    }
  };

  const matches = async (
    systems: readonly LoginSystem[],
    meant: PersonId | undefined,
    typed: TypedIdentifier,
    password: string,
  ) => {
    // The same work as for people who are known here, and the same "busy": the old systems are behind it.
    const worked = await hasher.run(() => hasher.hash(password));
    if (!worked.ok) return worked;
    const question = { identifier: typed.text, password };
    const answers = await askSystems(systems, question, settings, (system, identity) =>
      judgeTold(room, system, identity, { typed, meant }),
    );
    note(systems, answers.silent);
    if (answers.right) return { ok: true as const, value: answers.right };
    if (answers.silent.length === 0 && !answers.later) return { ok: true as const, value: undefined };
    const { failure } = unreachable();
    return {
      ok: false as const,
      failure: answers.wrong > 0 ? { ...failure, wrongElsewhere: true as const } : failure,
    };
  };

  return {
    async passwordOf(personId, accounts, typed) {
      const all = await readSystems();
      const theirs = new Set(accounts.flatMap(({ source, login }) => (login ? [source] : [])));
      const systems =
        personId === undefined
          ? systemsFor(all, typed, typed.shared ? 0 : settings.systems)
          : all.filter((system) => theirs.has(system.source) && couldBeTheirs(system, typed));
      if (systems.length === 0) return undefined;
      let right: RightOne | undefined;
      return {
        wasReadable: false,
        async matches(password) {
          const matched = await matches(systems, personId, typed, password);
          if (!matched.ok) return matched;
          right = matched.value;
          return { ok: true, value: right !== undefined };
        },
        async facts() {
          const { record, linkedTo } = right!;
          if (linkedTo) return factsOf(room.accounts, linkedTo);
          const { number, name } = record;
          return { name, ...(number.state === 'valid' ? { documentNumber: number.document.number } : {}) };
        },
        async owner(tx) {
          const owner = await ownerOf(room, tx, right!);
          if (owner) await keepName(room, tx, right!, typed, room.clock.now());
          return owner;
        },
        takenOver: (tx, owner) => takeOver(room, tx, owner, { source: right!.source, rested: false }),
      };
    },
    knownAs: (typed) => personCalled(room, typed),
    silence() {
      const since = performance.now() - SILENCE_MS;
      return [...silent.values()].some((at) => at > since) ? unreachable().failure : undefined;
    },
  };
}

/** Whose an old account is, looked at anew under its lock; opens the person's account where there is none. */
async function ownerOf(
  room: LoginDoorRoom,
  tx: Transaction,
  { source, localId, contentPrint, linkedTo }: RightOne,
): Promise<OldPasswordOwner | undefined> {
  const { accounts, sealer, trail } = room;
  // First the person, then the account: a merge and an undo lock in that order too.
  if (linkedTo) await accounts.hold(tx, [linkedTo]);
  const row = await readTold(tx, source, localId, { lock: true });
  if (!row) return undefined;
  const record = openRecord(sealer, source, row);
  if (barOf(row, record)) return undefined;
  if (row.person_id !== null) {
    // Another sign-in of the same person may have opened it since; another person's it can not have become.
    if (!row.opened || (linkedTo && linkedTo !== row.person_id)) return undefined;
    await accounts.hold(tx, [row.person_id]);
    const person = await accounts.get(row.person_id, tx);
    return person?.state === 'active'
      ? { personId: row.person_id, anew: row.password !== 'used' }
      : undefined;
  }
  // What the register agreed to is no more what stands there.
  if (!row.content_print.equals(contentPrint)) return undefined;
  const [judged] = await judgeRows(room, tx, source, [row]);
  const { verdict, register } = judged!;
  const { number, name } = record;
  if (verdict.outcome !== 'new' || number.state !== 'valid' || !name || !register) return undefined;
  const { source: from, reference, at } = register;
  const personId = await linkDecided(room, tx, {
    ...{ source, localId, actor: 'self', reasons: verdict.reasons },
    to: { document: number.document, name, comparison: { outcome: 'match', source: from, reference, at } },
  });
  if (personId === undefined) return undefined;
  await trail.append(tx, {
    type: 'old-accounts.linked',
    personId,
    actor: 'self',
    outcome: 'success',
    detail: { source, linked: 0, opened: 1 },
  });
  return { personId, anew: true };
}
