/** Reads an authorization's facts for the journey: what the provider asks, who is signed in, what was noted. */
import { aalOf, parseAcr } from '../accounts/assurance.ts';
import type { PersonId } from '../accounts/person.ts';
import type { AcrDetails } from '../oidc/policy.ts';
import type { Assurance, Conclusion, JourneyState, SignedIn } from './journey.ts';
import type { LiveContext } from './live.ts';
import type { Note } from './notes.ts';
import type { InteractionRooms } from './rooms.ts';

type Rooms = Pick<InteractionRooms, 'accounts' | 'credentials' | 'notes' | 'clock' | 'settings'>;

/** Gathers only what the prompt needs: a consent page costs no look-up of notes. */
export async function readState(
  rooms: Rooms,
  ctx: LiveContext,
  conclusion?: Conclusion,
): Promise<JourneyState> {
  const { live, client } = ctx.state;
  const { name: prompt, reasons } = live.prompt;
  const state: JourneyState = {
    prompt,
    reasons,
    conclusion,
    statutoryDuty: client.legalBasis === 'statutory-duty',
  };
  if (conclusion !== undefined || prompt === 'consent') return state;
  const note = await rooms.notes.read(live.uid);
  const session = reasons.includes('acr_insufficient') ? await readSignedIn(rooms, ctx) : undefined;
  return {
    ...state,
    ...factsOfNote(note, rooms.settings.phoneProofMinutes, rooms.clock.now()),
    session,
    wanted: wantedAssurance((live.prompt.details as Partial<AcrDetails>).acr, session),
    registration: note.ticket ? 'waiting' : undefined,
  };
}

function factsOfNote(note: Note, minutes: number, now: Date): Partial<JourneyState> {
  const recent = (fact: { at: string } | undefined) => fact !== undefined && isRecent(fact.at, minutes, now);
  return {
    phoneProven: recent(note.phoneProven) ? { persons: note.phoneProven!.persons.length } : undefined,
    mustChangePassword: recent(note.mustChange),
    opened: recent(note.opened),
  };
}

/** Whether something noted is still fresh enough to be relied on. */
export const isRecent = (at: string, minutes: number, now: Date): boolean =>
  now.getTime() - Date.parse(at) < minutes * 60_000;

/** The person of the session, as far as their account can be used. */
async function readSignedIn(rooms: Rooms, ctx: LiveContext): Promise<SignedIn | undefined> {
  const { session } = ctx.state.live;
  const id = session?.accountId as PersonId | undefined;
  const person = id && (await rooms.accounts.get(id));
  if (person?.state !== 'active') return undefined;
  const amr = session?.amr ?? [];
  return {
    identity: person.identityLevel,
    authentication: aalOf(amr),
    amr,
    hasPassword: await rooms.credentials.passwords.has(person.id),
    hasPhone: person.phone !== undefined,
  };
}

/**
 * The least the application accepts: of several values the one that this person comes closest to, never below
 * the application's own minimum. An essential wish in another vocabulary can be met by nobody.
 */
export function wantedAssurance(
  acr: AcrDetails['acr'] | undefined,
  have: SignedIn | undefined,
): Assurance | undefined {
  if (!acr) return undefined;
  if (acr.impossible) return { identity: 1, authentication: 4 };
  const least = parsed(acr.least) ?? { identity: 1, authentication: 1 };
  const raised = (one: Assurance): Assurance => ({
    identity: Math.max(one.identity, least.identity),
    authentication: Math.max(one.authentication, least.authentication),
  });
  const wishes = acr.anyOf.map(parsed).filter((one) => one !== undefined);
  const choices = (wishes.length > 0 ? wishes : [least]).map(raised);
  const outOfReach = (one: Assurance) => (have && one.identity > have.identity ? 1 : 0);
  return choices.sort(
    (a, b) => outOfReach(a) - outOfReach(b) || a.authentication - b.authentication || a.identity - b.identity,
  )[0];
}

function parsed(acr: string | undefined): Assurance | undefined {
  const read = acr === undefined ? undefined : parseAcr(acr);
  return read && { identity: read.ial, authentication: read.aal };
}
