/**
 * A proven phone that does not say alone who is there: several persons use it, or its only person has not used it
 * for so long that it may have passed on. The one at the keyboard chooses among masked accounts and shows one more
 * fact, the password or the last four characters of the number. Which of the two was wrong is said; whose account
 * it would have been is not.
 */
import { maskDocument, maskName } from '../../accounts/mask.ts';
import type { Person, PersonId } from '../../accounts/person.ts';
import { type Failure, failed, type Outcome } from '../../platform/failure.ts';
import { faultsOf, statusOf } from '../errors-by-field.ts';
import { isRecent } from '../facts.ts';
import { type LiveContext, pageOf } from '../live.ts';
import type { InteractionRooms } from '../rooms.ts';
import { CHANNEL, knownDevice, signIn } from '../signing-in.ts';
import { goOn } from './go-on.ts';

/** RFC 8176: knowledge-based; it tells people apart and adds nothing to the level. */
const BY_KNOWLEDGE = 'kba';

export function makeChooseAccountStep(rooms: InteractionRooms) {
  const show = async (ctx: LiveContext, failures: readonly Failure[] = []): Promise<void> => {
    const { road, form } = ctx.state;
    const { persons, silent } = await readChoice(rooms, ctx);
    const accounts = persons.map((person, index) => ({
      // A place in the noted list: neither a number nor an id of ours stands in the page.
      value: String(index + 1),
      name: maskName(person.name),
      number: maskDocument(person.document.type, person.document.number, 'public'),
    }));
    const data = {
      road,
      accounts,
      silent,
      values: { account: form.text('account') || (silent ? '1' : '') },
      ...faultsOf(rooms.pages, ctx, failures),
    };
    const options = { form: 'choose', status: statusOf(failures) };
    rooms.pages.render(
      ctx,
      'interactions/choose-account',
      data,
      pageOf(ctx, silent ? 'interactions.choose.silent.title' : 'interactions.choose.title', options),
    );
  };

  const act = async (ctx: LiveContext): Promise<void> => {
    const { form, live } = ctx.state;
    const { persons, phone, at } = await readChoice(rooms, ctx);
    if (persons.length === 0) return goOn(ctx);
    const person = /^\d{1,2}$/.test(form.text('account'))
      ? persons[Number(form.text('account')) - 1]
      : undefined;
    if (!person) return show(ctx, [failed('account-not-chosen', 422, { field: 'account' }).failure]);
    const fact = await checkFact(rooms, ctx, person, phone);
    if (!fact.ok) return show(ctx, [fact.failure]);
    await rooms.notes.forget(live.uid);
    await rooms.accounts.phoneProven(person.id, phone, at);
    const signed = await signIn(rooms, ctx, { personId: person.id, amr: ['sms', fact.value] });
    if (!signed.ok) await show(ctx, [signed.failure]);
  };

  return { show, act };
}

interface Choice {
  persons: Person[];
  phone: string;
  /** When the phone was proven. */
  at: Date;
  /** One person alone is asked for a fact because the phone was silent for long. */
  silent: boolean;
}

async function readChoice(rooms: InteractionRooms, ctx: LiveContext): Promise<Choice> {
  const { phoneProven } = await rooms.notes.read(ctx.state.live.uid);
  if (!phoneProven || !isRecent(phoneProven.at, rooms.settings.phoneProofMinutes, rooms.clock.now())) {
    return { persons: [], phone: '', at: rooms.clock.now(), silent: false };
  }
  const persons: Person[] = [];
  for (const id of phoneProven.persons) {
    const person = await rooms.accounts.get(id as PersonId);
    if (person) persons.push(person);
  }
  const silent = phoneProven.persons.length === 1;
  return { persons, phone: phoneProven.phone, at: new Date(phoneProven.at), silent };
}

/** The method that the fact proves. */
async function checkFact(
  rooms: InteractionRooms,
  ctx: LiveContext,
  person: Person,
  phone: string,
): Promise<Outcome<string>> {
  const { form } = ctx.state;
  if (form.text('password') !== '') return checkPassword(rooms, ctx, person, phone);
  if (form.text('last_four').trim() !== '') return checkLastFour(rooms, ctx, person);
  return failed('fact-missing', 422, { field: 'last_four' });
}

async function checkPassword(
  rooms: InteractionRooms,
  ctx: LiveContext,
  person: Person,
  phone: string,
): Promise<Outcome<string>> {
  const { throttle, passwords } = rooms.credentials;
  const attempt = await throttle.begin({
    account: person.id,
    identifier: person.document.number,
    identifierPattern: phone,
    source: ctx.state.source,
    factor: 'password',
    device: knownDevice(ctx),
  });
  if (!attempt.ok) return attempt;
  const right = await passwords.verify(person.id, ctx.state.form.text('password'));
  if (right.ok) {
    await throttle.succeeded(attempt.value);
    return { ok: true, value: 'pwd' };
  }
  await (right.failure.status === 503 ? throttle.abandoned(attempt.value) : throttle.failed(attempt.value));
  if (right.failure.status !== 503) await recordFailure(rooms, ctx, person.id, 'password');
  return right;
}

/** Four characters are soon tried out, so there are few tries a day, and only for who holds the phone. */
async function checkLastFour(
  rooms: InteractionRooms,
  ctx: LiveContext,
  person: Person,
): Promise<Outcome<string>> {
  const use = { key: `last-four:${person.id}`, ...rooms.settings.lastFour };
  const taken = await rooms.limits.take([use]);
  if (!taken.ok) return failed('last-four-wait', 429, { retryAfter: taken.retryAfter, field: 'last_four' });
  const typed = ctx.state.form
    .text('last_four')
    .normalize('NFKC')
    .replace(/[хХ×*]/g, 'X')
    .replace(/\s/g, '')
    .toUpperCase();
  if (typed.length === 4 && person.document.number.endsWith(typed)) {
    await rooms.limits.giveBack([use]);
    return { ok: true, value: BY_KNOWLEDGE };
  }
  await recordFailure(rooms, ctx, person.id, 'last-four');
  return failed('last-four-wrong', 422, { field: 'last_four' });
}

const recordFailure = (
  rooms: InteractionRooms,
  ctx: LiveContext,
  personId: PersonId,
  factor: string,
): Promise<void> =>
  rooms.audit.record({
    type: 'sign-in.failed',
    personId,
    clientId: ctx.state.client.id,
    actor: 'self',
    channel: CHANNEL,
    source: ctx.state.source,
    outcome: 'failure',
    reference: ctx.state.requestId,
    detail: { factor },
  });
