/**
 * Opens an account by hand: for operators, test set-ups and the sample people of trial mode. No register is
 * asked; the stated identity level and reason stand in the audit trail instead.
 */
import { z } from 'zod';
import type { Accounts } from './accounts/accounts.ts';
import type { Document } from './accounts/document.ts';
import { DOCUMENT_TYPES, parseDocument } from './accounts/id-number.ts';
import { normaliseName, normaliseTibetanName } from './accounts/name.ts';
import type { Person, PersonDraft } from './accounts/person.ts';
import { parsePhone } from './accounts/phone.ts';
import { parseUserName } from './accounts/user-name.ts';
import type { AuditTrail } from './audit/trail.ts';
import type { Credentials } from './credentials/credentials.ts';
import type { Clock } from './platform/clock.ts';
import { done, type Failure, type Outcome } from './platform/failure.ts';
import { type Database, rollingBack } from './platform/postgres.ts';

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

/** Faults of every member at once: in words, or with the code of a failure that has words of its own. */
export type EnrolFailure = Failure & { faults?: EnrolFault[] };
type EnrolFault = { member: string; right: string } | ({ member: string } & Pick<Failure, 'code' | 'params'>);

export interface EnrolRooms {
  database: Database;
  accounts: Accounts;
  credentials: Credentials;
  audit: { trail: AuditTrail };
  clock: Clock;
}

/** Judges the input, opens the account and sets the password, all or nothing. Failure `person-input` lists every fault. */
export async function enrolPerson(
  rooms: EnrolRooms,
  raw: unknown,
  by: { actor: string },
): Promise<{ ok: true; value: Person } | { ok: false; failure: EnrolFailure }> {
  const parsed = input.safeParse(raw);
  const faults: EnrolFault[] = parsed.success ? [] : parsed.error.issues.flatMap(faultsOfIssue);
  const read = readMembers(rooms, raw, new Set(faults.map(({ member }) => member)));
  const [only] = read.refused;
  if (only && faults.length + read.refused.length === 1) return { ok: false, failure: only.failure };
  faults.push(
    ...read.refused.map(({ member, failure: { code, params } }) => ({
      ...{ member, code },
      ...(params ? { params } : {}),
    })),
  );
  if (!parsed.success || faults.length > 0)
    return { ok: false, failure: { code: 'person-input', status: 422, faults } };

  const { password, must_change: mustChange, reason, ...given } = parsed.data;
  const prepared = password === undefined ? undefined : await rooms.credentials.passwords.prepare(password);
  if (prepared && !prepared.ok) return prepared;
  return rollingBack(rooms.database, async (tx) => {
    const made = await rooms.accounts.create(tx, {
      ...read.draft(rooms.clock.now()),
      identityLevel: given.identity_level,
      ...(given.locale ? { locale: given.locale } : {}),
    });
    if (!made.ok) return made;
    const { id } = made.value;
    if (prepared) await rooms.credentials.passwords.store(tx, id, prepared.value, { mustChange });
    await rooms.audit.trail.append(tx, {
      type: 'person.registered',
      personId: id,
      actor: by.actor,
      channel: 'cli',
      outcome: 'success',
      detail: { reason, identityLevel: given.identity_level, password: prepared !== undefined },
    });
    return made;
  });
}

function faultsOfIssue(issue: z.core.$ZodIssue): { member: string; right: string }[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((member) => ({ member, right: 'is no member of a person' }));
  return [{ member: issue.path.join('.') || '(whole)', right: issue.message }];
}

interface ReadMembers {
  refused: { member: string; failure: Failure }[];
  /** Only where nothing is refused. */
  draft(now: Date): Omit<PersonDraft, 'identityLevel' | 'locale'>;
}

/** Reads each member by its own rules, also beside others that are wrong; `wrong` ones are left out. */
function readMembers(rooms: EnrolRooms, raw: unknown, wrong: ReadonlySet<string>): ReadMembers {
  const refused: ReadMembers['refused'] = [];
  const given = (typeof raw === 'object' && raw !== null ? raw : {}) as Record<string, unknown>;
  const read = <Value>(member: string, parse: (text: string) => Outcome<Value>): Value | undefined => {
    const text = given[member];
    if (wrong.has(member) || typeof text !== 'string') return undefined;
    const outcome = parse(text);
    if (outcome.ok) return outcome.value;
    refused.push({ member, failure: outcome.failure });
    return undefined;
  };
  const type = (given.document_type ?? 'citizen-number') as Document['type'];
  const document = read('document_number', (text) =>
    wrong.has('document_type') ? done(undefined) : parseDocument(type, text, rooms.clock.now()),
  );
  const name = read('name', normaliseName);
  const tibetanName = read('tibetan_name', normaliseTibetanName);
  const userName = read('user_name', parseUserName)?.display;
  const phone = read('phone', parsePhone);
  const { birthdate, gender } = document ?? {};
  const facts = { documentNumber: document?.number, name, phone, birthdate, userName };
  read('password', (text) => {
    const failure = rooms.credentials.passwords.judge(text, facts);
    return failure ? { ok: false, failure } : done(undefined);
  });
  return {
    refused,
    draft: (now) => ({
      document: {
        ...{ type: document!.type, number: document!.number },
        ...(document!.country ? { country: document!.country } : {}),
      },
      name: name!,
      ...(tibetanName ? { tibetanName } : {}),
      ...(userName ? { userName } : {}),
      ...(phone ? { phone, phoneVerifiedAt: now } : {}),
      ...(gender ? { gender } : {}),
      ...(birthdate ? { birthdate } : {}),
    }),
  };
}
