/** All steps, made once. They know the rooms below and nothing of each other. */
import type { InteractionRooms } from '../rooms.ts';
import { makeChangePasswordStep } from './change-password.ts';
import { makeChooseAccountStep } from './choose-account.ts';
import { makeConsentStep } from './consent.ts';
import { makeOpenedStep } from './opened.ts';
import { makePasswordStep } from './password.ts';
import { makeRegisterStep } from './register.ts';
import { makeSmsStep } from './sms.ts';
import { makeStepUpStep } from './step-up.ts';

export const makeSteps = (rooms: InteractionRooms) => ({
  password: makePasswordStep(rooms),
  sms: makeSmsStep(rooms),
  chooseAccount: makeChooseAccountStep(rooms),
  changePassword: makeChangePasswordStep(rooms),
  register: makeRegisterStep(rooms),
  opened: makeOpenedStep(rooms),
  stepUp: makeStepUpStep(rooms),
  consent: makeConsentStep(rooms),
});

export type Steps = ReturnType<typeof makeSteps>;
