/**
 * Asks whether a department may have what it wants, or, where it acts on a statutory duty, tells what it will
 * get. Once per application and scope set; the provider remembers.
 */
import { maskName } from '../../accounts/mask.ts';
import type { PersonId } from '../../accounts/person.ts';
import { type Failure, failed } from '../../platform/failure.ts';
import { claimsInWords } from '../claims-in-words.ts';
import { faultsOf, statusOf } from '../errors-by-field.ts';
import type { Conclusion } from '../journey.ts';
import { type LiveContext, pageOf } from '../live.ts';
import type { InteractionRooms } from '../rooms.ts';

export function makeConsentStep(rooms: InteractionRooms) {
  const show = async (ctx: LiveContext, failures: readonly Failure[] = []): Promise<void> => {
    const { road, language, live, t } = ctx.state;
    const { client, basis, claims, resources, offline } = await rooms.oidc.consentRequest(live);
    const interfaces = Object.keys(resources).map((name) => t('interactions.claims.other', { name }));
    const items = [
      ...claimsInWords(t, claims),
      ...interfaces,
      ...(offline ? [t('interactions.claims.offline_access')] : []),
    ];
    const id = live.session?.accountId as PersonId | undefined;
    const person = id && (await rooms.accounts.get(id));
    const duty = basis === 'statutory-duty';
    const data = {
      road,
      duty,
      app: { name: client.name[language], owner: client.owner[language], purpose: client.purpose[language] },
      claims: (items.length > 0 ? items : [t('interactions.claims.sub')]).map((label) => ({ label })),
      person: person && maskName(person.name),
      ...faultsOf(rooms.pages, ctx, failures),
    };
    const title = duty ? 'interactions.notice.title' : 'interactions.consent.title';
    const options = { form: 'consent', status: statusOf(failures) };
    rooms.pages.render(ctx, 'interactions/consent', data, pageOf(ctx, title, options));
  };

  /** What was decided, or undefined after the page was shown again. */
  const decide = async (ctx: LiveContext): Promise<Conclusion | undefined> => {
    const decision = ctx.state.form.text('decision');
    if (decision === 'allow') return 'agreed';
    if (decision === 'deny') return 'denied';
    await show(ctx, [failed('decision-missing', 422).failure]);
    return undefined;
  };

  return { show, decide };
}
