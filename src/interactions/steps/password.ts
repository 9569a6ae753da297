/**
 * Signing in by number, phone or user name and password. Unknown, known, locked and password-less people get
 * the same answer after the same work: one look-up, one count, one hash.
 */
import type { PersonId } from '../../accounts/person.ts';
import { type Failure, failed, type Outcome } from '../../platform/failure.ts';
import { signInOptions } from '../documents.ts';
import { faultsOf, statusOf } from '../errors-by-field.ts';
import { type Identifier, readIdentifier } from '../identifier.ts';
import { type LiveContext, pageOf, textParam } from '../live.ts';
import type { InteractionRooms } from '../rooms.ts';
import { CHANNEL, knownDevice, signIn } from '../signing-in.ts';
import { goOn } from './go-on.ts';

/** Room for every password that is allowed, in its longest encoding; what is longer is wrong without hashing. */
const LONGEST_PASSWORD = 1_024;
const LONGEST_HINT = 100;

export function makePasswordStep(rooms: InteractionRooms) {
  const show = (ctx: LiveContext, failures: readonly Failure[] = []): void => {
    const { form, road, t, live } = ctx.state;
    const posted = ctx.method === 'POST' && form.has('identifier');
    const hint = textParam(live, 'login_hint')?.slice(0, LONGEST_HINT);
    const values = {
      identifier: posted ? form.text('identifier') : (hint ?? ''),
      document_type: form.text('document_type'),
    };
    const data = {
      road,
      values,
      documentTypes: signInOptions(t),
      oldPasswords: rooms.oldSystems.passwordsLeft(),
      oldNames: rooms.oldSystems.namesToo(),
      ...faultsOf(rooms.pages, ctx, failures),
    };
    rooms.pages.render(
      ctx,
      'interactions/login',
      data,
      pageOf(ctx, 'interactions.login.title', {
        form: 'login',
        here: `${road}/password`,
        status: statusOf(failures),
      }),
    );
  };

  const act = async (ctx: LiveContext): Promise<void> => {
    const { form } = ctx.state;
    const identifier = readIdentifier(form.text('identifier'), form.text('document_type'), rooms.clock.now());
    const password = form.text('password');
    const missing = password === '' ? [failed('password-empty', 422, { field: 'password' }).failure] : [];
    if (!identifier.ok || missing.length > 0) {
      return show(ctx, [...(identifier.ok ? [] : [identifier.failure]), ...missing]);
    }
    const typed = { identifier: identifier.value, text: form.text('identifier').trim(), password };
    const proven = await provePassword(rooms, ctx, typed);
    if (!proven.ok) return show(ctx, [proven.failure]);
    const signed = await proceed(rooms, ctx, proven.value);
    if (!signed.ok) show(ctx, [signed.failure]);
  };

  return { show, act };
}

interface ProvenPassword {
  personId: PersonId;
  mustChange: boolean;
}

/** A password that somebody else chose is changed before anything else happens. */
async function proceed(
  rooms: InteractionRooms,
  ctx: LiveContext,
  { personId, mustChange }: ProvenPassword,
): Promise<Outcome<void>> {
  if (!mustChange) return signIn(rooms, ctx, { personId, amr: ['pwd'] });
  const { live } = ctx.state;
  await rooms.notes.replace(live.uid, { mustChange: { personId, at: rooms.clock.now().toISOString() } });
  goOn(ctx);
  return { ok: true, value: undefined };
}

async function provePassword(
  rooms: InteractionRooms,
  ctx: LiveContext,
  { identifier, text, password }: { identifier: Identifier; text: string; password: string },
): Promise<Outcome<ProvenPassword>> {
  const { throttle, passwords, pace } = rooms.credentials;
  const began = performance.now();
  const found = await findPerson(rooms, identifier);
  const account = found === 'several' ? undefined : found;
  const attempt = await throttle.begin({
    account,
    identifier: identifier.text,
    source: ctx.state.source,
    factor: 'password',
    device: knownDevice(ctx),
  });
  if (!attempt.ok) return attempt;
  const typed = { ...identifier, text, client: ctx.state.client.id, shared: found === 'several' };
  const right = await passwords.verify(account, password.slice(0, LONGEST_PASSWORD), typed);
  const personId = right.ok ? (right.value.personId ?? account) : undefined;
  if (right.ok && personId) {
    await throttle.succeeded(attempt.value);
    return { ok: true, value: { personId, mustChange: right.value.mustChange } };
  }
  const free = !right.ok && right.failure.status === 503 && !('wrongElsewhere' in right.failure);
  if (free) await throttle.abandoned(attempt.value);
  else await throttle.failed(attempt.value);
  if (!right.ok && free && right.failure.code === 'busy') return right;
  await rooms.audit.record({
    type: 'sign-in.failed',
    personId: account,
    clientId: ctx.state.client.id,
    actor: 'self',
    channel: CHANNEL,
    source: ctx.state.source,
    outcome: 'failure',
    reference: ctx.state.requestId,
    detail: { factor: 'password', by: identifier.kind, ...(free ? { checked: false } : {}) },
  });
  await pace.hold(began);
  return right.ok ? failed('sign-in-failed', 422, { field: 'password' }) : right;
}

/**
 * Whose identifier this is. A phone that several people share is nobody's here: trying the password on each of
 * them would tell a stranger, by the time it takes, how many they are.
 */
async function findPerson(
  rooms: InteractionRooms,
  identifier: Identifier,
): Promise<PersonId | 'several' | undefined> {
  if (identifier.kind === 'document') return (await rooms.accounts.findByDocument(identifier.document))?.id;
  if (identifier.kind === 'user-name') return (await rooms.accounts.findByUserName(identifier.name))?.id;
  const persons = await rooms.accounts.findByPhone(identifier.phone);
  return persons.length > 1 ? 'several' : persons[0]?.id;
}
