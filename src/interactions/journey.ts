/**
 * The one dispatcher: names the next step of an authorization from what is known, as a pure function. Steps
 * prove things and hand back facts; only this table says what follows from them.
 */

/** What the OpenID Provider asks of us, and what the steps have found out so far. */
export interface JourneyState {
  /** The prompt of the provider's policy: `login`, `create` or `consent`. */
  prompt: string;
  /** Why it prompts; `acr_insufficient` asks a signed-in person for more. */
  reasons: readonly string[];
  /** Who is signed in in this browser, if anybody. */
  session?: SignedIn | undefined;
  /** The least assurance the application accepts, where it named one. */
  wanted?: Assurance | undefined;
  /** A phone number proven by code in this interaction, with how many persons use it. */
  phoneProven?: { persons: number } | undefined;
  /** The password was right, but somebody else chose it. */
  mustChangePassword?: boolean | undefined;
  /** A registration of this interaction waits for the population register. */
  registration?: 'waiting' | undefined;
  /** An account was opened in this interaction and its person may go on. */
  opened?: boolean | undefined;
  /** The application acts on a statutory duty: it informs and does not ask. */
  statutoryDuty?: boolean | undefined;
  /** What the person or a step has concluded in this request. */
  conclusion?: Conclusion | undefined;
}

export interface Assurance {
  /** Identity level 1–5 (who this is), authentication level 1–3 (how they proved it now). */
  identity: number;
  authentication: number;
}

export interface SignedIn extends Assurance {
  /** RFC 8176 references proven in this session. */
  amr: readonly string[];
  hasPassword: boolean;
  hasPhone: boolean;
}

export type Conclusion = 'signed-in' | 'agreed' | 'denied' | 'cancelled' | 'cannot-reach-level';

export type Step =
  | { name: 'login' }
  | { name: 'register' }
  | { name: 'wait-for-register' }
  | { name: 'opened' }
  | { name: 'change-password' }
  | { name: 'no-account' }
  | { name: 'choose-account' }
  | { name: 'step-up'; factor: 'password' | 'sms' }
  | { name: 'level-missing'; missing: 'identity' | 'factor' }
  | { name: 'consent' }
  | { name: 'notice' }
  | { name: 'finish' }
  | { name: 'abort'; error: 'access_denied' | 'unmet_authentication_requirements' | 'interaction_required' };

/** The step that follows. Total: every state has one. */
export function nextStep(state: JourneyState): Step {
  switch (state.conclusion) {
    case 'signed-in':
    case 'agreed':
      return { name: 'finish' };
    case 'denied':
    case 'cancelled':
      return { name: 'abort', error: 'access_denied' };
    case 'cannot-reach-level':
      return { name: 'abort', error: 'unmet_authentication_requirements' };
  }
  switch (state.prompt) {
    case 'login':
    case 'create':
      return signInStep(state);
    case 'consent':
      return { name: state.statutoryDuty ? 'notice' : 'consent' };
    default:
      return { name: 'abort', error: 'interaction_required' };
  }
}

function signInStep(state: JourneyState): Step {
  // Asked for more than this session has: the person stays who they are and adds what is missing.
  if (
    state.session &&
    state.reasons.includes('acr_insufficient') &&
    !state.reasons.includes('login_prompt')
  ) {
    return stepUp(state.session, state.wanted);
  }
  if (state.mustChangePassword) return { name: 'change-password' };
  if (state.opened) return { name: 'opened' };
  if (state.phoneProven) return { name: state.phoneProven.persons === 0 ? 'no-account' : 'choose-account' };
  if (state.registration) return { name: 'wait-for-register' };
  return { name: state.prompt === 'create' ? 'register' : 'login' };
}

/** Which factor would reach the wanted level, or what stands in the way. */
function stepUp(session: SignedIn, wanted: Assurance | undefined): Step {
  if (wanted && session.identity < wanted.identity) return { name: 'level-missing', missing: 'identity' };
  // A password and a code together reach authentication level 2; nothing on these pages reaches 3.
  if (wanted && wanted.authentication > 2) return { name: 'level-missing', missing: 'factor' };
  const has = (method: string) => session.amr.includes(method);
  if (!has('pwd') && session.hasPassword) return { name: 'step-up', factor: 'password' };
  if (!has('sms') && session.hasPhone) return { name: 'step-up', factor: 'sms' };
  return { name: 'level-missing', missing: 'factor' };
}
