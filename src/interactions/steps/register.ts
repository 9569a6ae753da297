/**
 * Registering, form by form: identity, phone and code, password; then the register is asked. Everything typed
 * is noted on the server, so that a wrong field, another language or a step back costs nobody their words.
 */
import { parsePhone } from '../../accounts/phone.ts';
import type { Failure } from '../../platform/failure.ts';
import type { LiveContext } from '../live.ts';
import type { Note, ReadNote, RegistrationNote } from '../notes.ts';
import {
  ageOn,
  completeDraft,
  factsOf,
  identityOf,
  nextRegistrationStep,
  readIdentity,
} from '../registration/draft.ts';
import { openAccount, type RegistrationOutcome } from '../registration/open-account.ts';
import { progress, showRegistrationOutcome, showRegistrationStep } from '../registration/pages.ts';
import type { InteractionRooms } from '../rooms.ts';
import { CHANNEL } from '../signing-in.ts';
import { enterCode, sendCode, sentFor, showCode } from './code.ts';
import { goOn } from './go-on.ts';

/** Another request of the same browser has done the same: everything of ours is undone. */
class PressedTwice extends Error {}

export function makeRegisterStep(rooms: InteractionRooms) {
  const readNote = async (ctx: LiveContext): Promise<{ note: ReadNote; typed: RegistrationNote }> => {
    const note = await rooms.notes.read(ctx.state.live.uid);
    return { note, typed: note.registration ?? {} };
  };
  const write = (
    ctx: LiveContext,
    note: ReadNote,
    typed: RegistrationNote,
    more: Partial<Note> = {},
  ): Promise<boolean> =>
    rooms.notes.revise(ctx.state.live.uid, note, { ...note, ...more, registration: typed });

  /** The step that lacks something, or an earlier one that the person wants to see again. */
  const show = async (ctx: LiveContext): Promise<void> => {
    const { note, typed } = await readNote(ctx);
    if (note.opened) return goOn(ctx);
    const wanted = ctx.query.step;
    if (wanted === 'identity') return showRegistrationStep(rooms, ctx, 'identity', typed);
    const step = nextRegistrationStep(typed);
    const sent = step === 'phone' ? sentFor(note, 'register') : undefined;
    if (sent && wanted !== 'phone') return showCode(rooms, ctx, sent, codePage(ctx));
    showRegistrationStep(rooms, ctx, step, typed);
  };

  /** The same form again in another language, with what stands in it. */
  const showAgain = (step: 'identity' | 'phone' | 'password' | 'check') => async (ctx: LiveContext) => {
    const { typed } = await readNote(ctx);
    showRegistrationStep(rooms, ctx, step, typed);
  };

  const identity = async (ctx: LiveContext): Promise<void> => {
    const { form } = ctx.state;
    const { note, typed } = await readNote(ctx);
    const now = rooms.clock.now();
    const fields = {
      documentType: form.text('document_type'),
      documentNumber: form.text('document_number'),
      country: form.text('country'),
      name: form.text('name'),
      tibetanName: form.text('tibetan_name'),
    };
    const read = readIdentity({ ...fields, acceptsNotice: form.text('accept_notice') !== '' }, now);
    if (!read.ok) return showRegistrationStep(rooms, ctx, 'identity', typed, read.failures);
    const { birthdate, document } = read.value;
    const notice = { version: rooms.settings.noticeVersion, at: now.toISOString() };
    const next: RegistrationNote = { ...typed, ...fields, documentNumber: document.number, notice };
    if (!(await write(ctx, note, next))) return goOn(ctx, '/register');
    if (birthdate && ageOn(birthdate, now) < rooms.settings.guardianBelowAge) {
      return showRegistrationOutcome(rooms, ctx, 'child');
    }
    return nextRegistrationStep(next) === 'check' ? submit(ctx) : goOn(ctx, '/register');
  };

  const phone = async (ctx: LiveContext): Promise<void> => {
    const { form } = ctx.state;
    const { note, typed } = await readNote(ctx);
    if (nextRegistrationStep(typed) === 'identity') return goOn(ctx, '/register');
    const before = form.has('resend') ? sentFor(note, 'register') : undefined;
    const parsed = before ? { ok: true as const, value: before.phone } : parsePhone(form.text('phone'));
    const again = (failure: Failure) =>
      before
        ? showCode(rooms, ctx, before, codePage(ctx), [failure])
        : showRegistrationStep(rooms, ctx, 'phone', typed, [failure]);
    if (!parsed.ok) return again(parsed.failure);
    const sent = await sendCode(rooms, ctx, { phone: parsed.value, purpose: 'register' });
    if (!sent.ok) return again(sent.failure);
    const { phoneProvenAt: _, ...rest } = typed;
    await write(ctx, note, { ...rest, phone: parsed.value }, { codeSent: sent.value });
    goOn(ctx, '/register');
  };

  const code = async (ctx: LiveContext): Promise<void> => {
    const { note, typed } = await readNote(ctx);
    const sent = sentFor(note, 'register');
    if (!sent) return goOn(ctx, '/register');
    const right = await enterCode(rooms, ctx, sent);
    if (!right.ok) return showCode(rooms, ctx, sent, codePage(ctx), [right.failure]);
    const proven = { ...typed, phone: sent.phone, phoneProvenAt: rooms.clock.now().toISOString() };
    if (!(await write(ctx, note, proven, { codeSent: undefined }))) return goOn(ctx, '/register');
    return nextRegistrationStep(proven) === 'check' ? submit(ctx) : goOn(ctx, '/register');
  };

  const showCodeAgain = async (ctx: LiveContext): Promise<void> => {
    const sent = sentFor((await readNote(ctx)).note, 'register');
    if (sent) showCode(rooms, ctx, sent, codePage(ctx));
    else await show(ctx);
  };

  const password = async (ctx: LiveContext): Promise<void> => {
    const { note, typed } = await readNote(ctx);
    const person = identityOf(typed, rooms.clock.now());
    if (!person || nextRegistrationStep(typed) === 'phone') return goOn(ctx, '/register');
    const chosen = ctx.state.form.text('new_password');
    const { passwords } = rooms.credentials;
    const weak = passwords.judge(chosen, factsOf(person, typed.phone));
    if (weak)
      return showRegistrationStep(rooms, ctx, 'password', typed, [{ ...weak, field: 'new_password' }]);
    const prepared = await passwords.prepare(chosen);
    if (!prepared.ok) return showRegistrationStep(rooms, ctx, 'password', typed, [prepared.failure]);
    if (!(await write(ctx, note, { ...typed, password: prepared.value }))) return goOn(ctx, '/register');
    return submit(ctx);
  };

  /** Everything is there: ask the register and open the account, or say what came of it. */
  const submit = async (ctx: LiveContext): Promise<void> => {
    const { note, typed } = await readNote(ctx);
    const { language, source, requestId, client, live } = ctx.state;
    const complete = completeDraft(typed, rooms.clock.now());
    if (!complete.ok) return goOn(ctx, '/register');
    const { identity: person, phone: number, phoneProvenAt, password: prepared, notice } = complete.value;
    const draft = {
      ...person,
      phone: number,
      phoneVerifiedAt: phoneProvenAt,
      locale: language,
      identityLevel: 1 as const,
    };
    const outcome = await openAccount(
      { ...rooms, passwords: rooms.credentials.passwords, settings: rooms.settings.comparisons },
      { draft, password: prepared, notice, language },
      { source, channel: CHANNEL, clientId: client.id, reference: requestId },
      async (tx, found) => {
        // In the same transaction, so that of two presses of one button only one has an effect, and the other
        // one finds what it was.
        if (found.kind === 'opened') {
          const opened = { personId: found.personId, at: rooms.clock.now().toISOString() };
          await rooms.notes.replace(live.uid, { opened }, tx);
        } else if (found.kind === 'waiting') {
          const waiting = { ...note, ticket: found.ticket };
          if (!(await rooms.notes.revise(live.uid, note, waiting, tx))) throw new PressedTwice();
        }
      },
    ).catch((error: unknown) => {
      if (error instanceof PressedTwice) return undefined;
      throw error;
    });
    if (!outcome) return goOn(ctx);
    await conclude(ctx, typed, outcome);
  };

  const conclude = async (
    ctx: LiveContext,
    typed: RegistrationNote,
    outcome: RegistrationOutcome,
  ): Promise<void> => {
    switch (outcome.kind) {
      case 'opened':
      case 'waiting':
        return goOn(ctx);
      case 'too-often':
        return showRegistrationStep(rooms, ctx, 'check', typed, [outcome.failure]);
      case 'duplicate': {
        // A second press of the same button loses against the first: the account it meets is the person's own.
        const note = await rooms.notes.read(ctx.state.live.uid);
        if (note.opened) return goOn(ctx);
        await rooms.notes.revise(ctx.state.live.uid, note, { ...note, registration: undefined });
        return showRegistrationOutcome(rooms, ctx, 'duplicate');
      }
      default:
        return showRegistrationOutcome(rooms, ctx, outcome.kind);
    }
  };

  return { show, showAgain, showCodeAgain, identity, phone, code, password, submit };
}

const codePage = (ctx: LiveContext) => ({
  action: `${ctx.state.road}/register/code`,
  sendAction: `${ctx.state.road}/register/phone`,
  otherNumber: `${ctx.state.road}/register?step=phone`,
  here: `${ctx.state.road}/register`,
  steps: progress(ctx, 'phone'),
});
