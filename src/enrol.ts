/**
 * Opens an account by hand: for operators, test set-ups and the sample people of trial mode. No register is
 * asked; the stated identity level and reason stand in the audit trail instead.
 */
import { z } from 'zod';
import type { Accounts } from './accounts/accounts.ts';
import { DOCUMENT_TYPES, parseDocument } from './accounts/id-number.ts';
import { normaliseName, normaliseTibetanName } from './accounts/name.ts';
import type { Person } from './accounts/person.ts';
import { parsePhone } from './accounts/phone.ts';
import { parseUserName } from './accounts/user-name.ts';
import type { AuditTrail } from './audit/trail.ts';
import type { Credentials } from './credentials/credentials.ts';
import type { Clock } from './platform/clock.ts';
import { done, type Failure, type Outcome } from './platform/failure.ts';
import type { Database } from './platform/postgres.ts';

const input = z
  .object({
    document_type: z
      .enum(DOCUMENT_TYPES, { error: `must be one of ${DOCUMENT_TYPES.join(', ')}` })
      .default('citizen-number'),
    document_number: z.string({ error: 'must be the number as printed on the document' }),
    name: z.string({ error: 'must be the name as registered' }),
    tibetan_name: z.string().optional(),
    user_name: z.string().optional(),
    phone: z.string().optional(),
    password: z.string().optional(),
    identity_level: z
      .union([z.literal(1), z.literal(2), z.literal(3), z.literal(4), z.literal(5)], {
        error: 'must be 1 to 5',
      })
      .default(2),
    locale: z.enum(['zh-CN', 'bo', 'en'], { error: 'must be zh-CN, bo or en' }).optional(),
    reason: z
      .string({ error: 'must say why the account is opened by hand' })
      .min(1, 'must say why the account is opened by hand')
      .max(200),
    /** False when the person chose the password; otherwise it must be changed at the first sign-in. */
    must_change: z.boolean().default(false),
  })
  .strict();

/** What `person create` reads, before it is judged. */
export type EnrolInput = z.input<typeof input>;

/** Faults of every member at once. */
export type EnrolFailure = Failure & { faults?: { member: string; right: string }[] };

export interface EnrolRooms {
  database: Database;
  accounts: Accounts;
  credentials: Credentials;
  audit: { trail: AuditTrail };
  clock: Clock;
}

/** Judges the input, opens the account and sets the password, all or nothing. */
export async function enrolPerson(
  rooms: EnrolRooms,
  raw: unknown,
  by: { actor: string },
): Promise<{ ok: true; value: Person } | { ok: false; failure: EnrolFailure }> {
  const parsed = input.safeParse(raw);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => ({
      member:
        issue.path.join('.') || (issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : '(whole)'),
      right: issue.code === 'unrecognized_keys' ? 'is no member of a person' : issue.message,
    }));
    return { ok: false, failure: { code: 'person-input', status: 422, faults } };
  }
  const given = parsed.data;
  const document = parseDocument(given.document_type, given.document_number, rooms.clock.now());
  const name = normaliseName(given.name);
  const optional = <Value>(value: string | undefined, parse: (value: string) => Outcome<Value>) =>
    value === undefined ? done(undefined) : parse(value);
  const phone = optional(given.phone, (value) => parsePhone(value));
  const tibetanName = optional(given.tibetan_name, normaliseTibetanName);
  const userName = optional(given.user_name, (value) => parseUserName(value));
  for (const outcome of [document, name, phone, tibetanName, userName]) if (!outcome.ok) return outcome;
  if (!document.ok || !name.ok || !phone.ok || !tibetanName.ok || !userName.ok)
    throw new Error('unreachable');

  const facts = {
    documentNumber: document.value.number,
    name: name.value,
    phone: phone.value,
    birthdate: document.value.birthdate,
    userName: userName.value?.display,
  };
  const weak =
    given.password === undefined ? undefined : rooms.credentials.passwords.judge(given.password, facts);
  if (weak) return { ok: false, failure: weak };
  const prepared =
    given.password === undefined ? undefined : await rooms.credentials.passwords.prepare(given.password);
  if (prepared && !prepared.ok) return prepared;

  const now = rooms.clock.now();
  // A refusal must undo what was written before it in the same transaction, so it travels as an exception.
  class Undo extends Error {
    failure: Failure;
    constructor(failure: Failure) {
      super(failure.code);
      this.failure = failure;
    }
  }
  try {
    const person = await rooms.database.transaction(async (tx) => {
      const made = await rooms.accounts.create(tx, {
        document: {
          type: document.value.type,
          number: document.value.number,
          ...(document.value.country ? { country: document.value.country } : {}),
        },
        name: name.value,
        identityLevel: given.identity_level,
        ...(tibetanName.value ? { tibetanName: tibetanName.value } : {}),
        ...(userName.value ? { userName: userName.value.display } : {}),
        ...(phone.value ? { phone: phone.value, phoneVerifiedAt: now } : {}),
        ...(document.value.gender ? { gender: document.value.gender } : {}),
        ...(document.value.birthdate ? { birthdate: document.value.birthdate } : {}),
        ...(given.locale ? { locale: given.locale } : {}),
      });
      if (!made.ok) throw new Undo(made.failure);
      if (prepared)
        await rooms.credentials.passwords.store(tx, made.value.id, prepared.value, {
          mustChange: given.must_change,
        });
      await rooms.audit.trail.append(tx, {
        type: 'person.registered',
        personId: made.value.id,
        actor: by.actor,
        channel: 'cli',
        outcome: 'success',
        detail: {
          reason: given.reason,
          identityLevel: given.identity_level,
          password: prepared !== undefined,
        },
      });
      return made.value;
    });
    return done(person);
  } catch (error) {
    if (error instanceof Undo) return { ok: false, failure: error.failure };
    throw error;
  }
}
