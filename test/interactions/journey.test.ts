/** The journey as a table: what is known on the left, the step that follows on the right. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type JourneyState, nextStep, type SignedIn } from '../../src/interactions/journey.ts';

const login: JourneyState = { prompt: 'login', reasons: ['no_session'] };
const person: SignedIn = { identity: 3, authentication: 1, amr: ['pwd'], hasPassword: true, hasPhone: true };
const stepUp = (session: Partial<SignedIn>, wanted: JourneyState['wanted']): JourneyState => ({
  prompt: 'login',
  reasons: ['acr_insufficient'],
  session: { ...person, ...session },
  wanted,
});
const aal2 = { identity: 3, authentication: 2 };

describe('what follows', () => {
  const table: [string, JourneyState, ReturnType<typeof nextStep>][] = [
    ['nobody is signed in: sign in', login, { name: 'login' }],
    [
      'asked for a new account: register',
      { prompt: 'create', reasons: ['create_prompt'] },
      { name: 'register' },
    ],
    [
      'a phone was proven and several people use it: choose',
      { ...login, phoneProven: { persons: 3 } },
      { name: 'choose-account' },
    ],
    [
      'a phone was proven that nobody uses: say so',
      { ...login, phoneProven: { persons: 0 } },
      { name: 'no-account' },
    ],
    [
      'somebody else chose the password: change it first',
      { ...login, mustChangePassword: true },
      { name: 'change-password' },
    ],
    ['an account was just opened: say so', { ...login, opened: true }, { name: 'opened' }],
    [
      'the register does not answer: wait',
      { ...login, registration: 'waiting' },
      { name: 'wait-for-register' },
    ],
    ['signed in: finish', { ...login, conclusion: 'signed-in' }, { name: 'finish' }],
    [
      'cancelled: the application is told',
      { ...login, conclusion: 'cancelled' },
      { name: 'abort', error: 'access_denied' },
    ],
    ['a password session, a code is missing', stepUp({}, aal2), { name: 'step-up', factor: 'sms' }],
    [
      'a code session, a password is missing',
      stepUp({ amr: ['sms'] }, aal2),
      { name: 'step-up', factor: 'password' },
    ],
    [
      'no phone to send a code to',
      stepUp({ hasPhone: false }, aal2),
      { name: 'level-missing', missing: 'factor' },
    ],
    [
      'the identity itself is too weak: no factor helps',
      stepUp({}, { identity: 4, authentication: 1 }),
      { name: 'level-missing', missing: 'identity' },
    ],
    [
      'a hardware key is asked for, which these pages do not know',
      stepUp({}, { identity: 3, authentication: 3 }),
      { name: 'level-missing', missing: 'factor' },
    ],
    [
      'prompt=login beside it: sign in afresh, perhaps as somebody else',
      { ...stepUp({}, aal2), reasons: ['login_prompt', 'acr_insufficient'] },
      { name: 'login' },
    ],
    [
      'the level cannot be reached: the application is told so',
      { ...stepUp({}, aal2), conclusion: 'cannot-reach-level' },
      { name: 'abort', error: 'unmet_authentication_requirements' },
    ],
    ['consent is missing: ask', { prompt: 'consent', reasons: ['consent_missing'] }, { name: 'consent' }],
    [
      'a statutory duty: tell',
      { prompt: 'consent', reasons: ['notice'], statutoryDuty: true },
      { name: 'notice' },
    ],
    ['agreed: finish', { prompt: 'consent', reasons: [], conclusion: 'agreed' }, { name: 'finish' }],
    [
      'refused',
      { prompt: 'consent', reasons: [], conclusion: 'denied' },
      { name: 'abort', error: 'access_denied' },
    ],
    [
      'a prompt nobody knows',
      { prompt: 'dance', reasons: [] },
      { name: 'abort', error: 'interaction_required' },
    ],
  ];
  test.each(table)('%s', (_, state, step) => {
    expect(nextStep(state)).toEqual(step);
  });
});

test('every state has a next step, and asking twice gives the same one', () => {
  const state = fc.record({
    prompt: fc.constantFrom('login', 'create', 'consent', 'other'),
    reasons: fc.subarray(['no_session', 'acr_insufficient', 'login_prompt', 'max_age', 'account_gone']),
    session: fc.option(
      fc.record({
        identity: fc.integer({ min: 1, max: 5 }),
        authentication: fc.integer({ min: 1, max: 3 }),
        amr: fc.subarray(['pwd', 'sms', 'mfa', 'kba']),
        hasPassword: fc.boolean(),
        hasPhone: fc.boolean(),
      }),
      { nil: undefined },
    ),
    wanted: fc.option(
      fc.record({ identity: fc.integer({ min: 1, max: 5 }), authentication: fc.integer({ min: 1, max: 4 }) }),
      {
        nil: undefined,
      },
    ),
    phoneProven: fc.option(fc.record({ persons: fc.nat(5) }), { nil: undefined }),
    mustChangePassword: fc.boolean(),
    opened: fc.boolean(),
    registration: fc.constantFrom('waiting' as const, undefined),
  });
  fc.assert(
    fc.property(state, (known) => {
      const step = nextStep(known);
      expect(step.name).toBeTruthy();
      expect(nextStep(known)).toEqual(step);
      // Nothing that was only noted ever finishes an authorization: that takes a conclusion.
      expect(step.name).not.toBe('finish');
    }),
  );
});
