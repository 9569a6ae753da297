/** The port for short messages: what rooms say, and what a gateway must do. */
import type { Outcome } from '../platform/failure.ts';
import type { Language } from '../platform/page/language.ts';
import type { PartnerHealth } from '../platform/partner/partner.ts';
import type { Transaction } from '../platform/postgres.ts';
import type { ComposedSms } from './wording.ts';

export interface CodeParams {
  code: string;
  /** Named in the text, so that nobody reads a sign-in code out to "confirm a parcel". */
  purpose: 'sign-in' | 'register' | 'step-up' | 'claim';
  minutes: number;
}

interface Addressed {
  /** 11 digits, see accounts/phone.ts. */
  phone: string;
  language: Language;
}

export type CodeSms = Addressed & { template: 'code'; params: CodeParams };

export type PlainSms = Addressed & {
  template: 'registration-finished' | 'registration-refused' | 'password-changed';
  params?: Record<string, never>;
};

export type Sms = CodeSms | PlainSms;

export interface Notices {
  /**
   * With a transaction: promises the message in it; a job sends it after the commit, again and again while the
   * gateway does not answer, at most a day long. Without: sends now and says what came of it; not to be called
   * inside a transaction, because it waits for another server. Failures: `sms-not-sent` (503, retryAfter),
   * `sms-number-refused` (422), both at field `phone`.
   */
  sms(tx: Transaction | undefined, sms: Sms): Promise<Outcome<void>>;
  /** Sends a code now. @throws when it was not taken */
  deliver(sms: CodeSms): Promise<void>;
  /** The newest messages of trial's outbox, newest first; undefined where messages are really sent. */
  listTrialMessages: ((limit?: number) => Promise<TrialMessage[]>) | undefined;
  /** Whether the gateway answers; the trial outbox always does. */
  check(): Promise<PartnerHealth>;
  /** Declares the queue; must have run before anything is promised in a transaction. */
  prepare(): Promise<void>;
  /** Begins to send promised messages in this process. */
  work(): Promise<void>;
  /** Removes a batch of promised messages that nobody took in time; says how many. */
  sweep(now: Date, limit: number): Promise<number>;
  /** Seals what waits, and trial's messages, anew under the current key; says how many were under an older one. */
  reseal(): Promise<number>;
  close(): void;
}

/** A message of trial's outbox, fit to be shown. */
export interface TrialMessage {
  id: string;
  /** Masked: 138****0000 */
  phone: string;
  /** As it would reach the phone, signature included. */
  text: string;
  language: Language;
  at: Date;
}

/** accepted: the gateway will send it. number-refused: not to this number. Else why there is no answer. */
export type SmsReceipt = 'accepted' | 'number-refused' | { unavailable: string };

export interface SmsGateway {
  /** Hands a message over; never throws. The same id twice is one message. */
  send(id: string, sms: ComposedSms): Promise<SmsReceipt>;
  check(): Promise<PartnerHealth>;
  close(): void;
}
