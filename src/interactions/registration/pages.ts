/** The pages of a registration: which one shows what of the note. The password is never among it. */

import type { DocumentType } from '../../accounts/document.ts';
import { maskDocument, maskPhone } from '../../accounts/mask.ts';
import type { Failure } from '../../platform/failure.ts';
import { documentOptions } from '../documents.ts';
import { faultsOf, statusOf } from '../errors-by-field.ts';
import { type LiveContext, pageOf } from '../live.ts';
import type { RegistrationNote } from '../notes.ts';
import type { InteractionRooms } from '../rooms.ts';
import type { RegistrationStep } from './draft.ts';

type Rooms = Pick<InteractionRooms, 'pages' | 'settings' | 'passwordRules'>;

const STEPS = ['identity', 'phone', 'password'] as const;

/** Progress as the part `steps` wants it. */
export const progress = (ctx: LiveContext, step: RegistrationStep) => ({
  labels: STEPS.map((name) => ctx.state.t(`interactions.register.steps.${name}`)),
  current: step === 'check' ? STEPS.length : STEPS.indexOf(step) + 1,
});

/** The fields of the first two forms: as just posted, else as noted. */
export function valuesOf(ctx: LiveContext, note: RegistrationNote): Record<string, string> {
  const { form } = ctx.state;
  const posted = ctx.method === 'POST' && form.has('document_number');
  const value = (field: string, noted: string | undefined) => (posted ? form.text(field) : (noted ?? ''));
  return {
    document_type: value('document_type', note.documentType) || 'citizen-number',
    document_number: value('document_number', note.documentNumber),
    country: value('country', note.country),
    name: value('name', note.name),
    tibetan_name: value('tibetan_name', note.tibetanName),
    accept_notice: posted ? form.text('accept_notice') : note.notice ? '1' : '',
    phone: form.has('phone') ? form.text('phone') : (note.phone ?? ''),
  };
}

/** Shows the form of a step; with failures, once more and with what is wrong. */
export function showRegistrationStep(
  rooms: Rooms,
  ctx: LiveContext,
  step: RegistrationStep,
  note: RegistrationNote,
  failures: readonly Failure[] = [],
): void {
  const { road, t } = ctx.state;
  const data = {
    road,
    steps: progress(ctx, step),
    values: valuesOf(ctx, note),
    documentTypes: documentOptions(t),
    noticeVersion: rooms.settings.noticeVersion,
    ...rooms.passwordRules,
    facts: factsToCheck(ctx, note),
    ...faultsOf(rooms.pages, ctx, failures),
  };
  const title =
    step === 'check' ? 'interactions.register.check.title' : `interactions.register.${step}.title`;
  const options = { form: 'register', here: `${road}/register`, status: statusOf(failures) };
  rooms.pages.render(ctx, `interactions/register-${step}`, data, pageOf(ctx, title, options));
}

/** What happened instead of an account. */
export function showRegistrationOutcome(
  rooms: Rooms,
  ctx: LiveContext,
  outcome: 'mismatch' | 'unknown' | 'deceased' | 'child' | 'duplicate',
): void {
  const { road } = ctx.state;
  const kind = outcome === 'duplicate' || outcome === 'child' || outcome === 'deceased' ? 'info' : 'refused';
  const options = { here: `${road}/register`, status: outcome === 'duplicate' ? 409 : 422 };
  rooms.pages.render(
    ctx,
    'interactions/register-outcome',
    { road, outcome, kind },
    pageOf(ctx, `interactions.outcome.${outcome}.title`, options),
  );
}

/** Masked as for the owner: the screen may stand in a hall. */
function factsToCheck(ctx: LiveContext, note: RegistrationNote): object[] {
  const { t } = ctx.state;
  const type = note.documentType as DocumentType | undefined;
  if (!type || !note.documentNumber || !note.name || !note.phone) return [];
  const number = maskDocument(type, note.documentNumber.trim(), 'owner');
  return [
    { label: t('interactions.register.document_type.label'), value: t(`interactions.documents.${type}`) },
    { label: t('interactions.register.document_number.label'), value: number, number: true },
    { label: t('interactions.register.name.label'), value: note.name, lang: 'zh-CN' },
    { label: t('interactions.sms.phone.label'), value: maskPhone(note.phone), number: true },
  ];
}
