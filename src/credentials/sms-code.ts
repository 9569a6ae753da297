/**
 * One-time codes by SMS. A code belongs to one phone, one purpose and one browser: the row is found by a keyed
 * hash of the three, and the code itself rests as a keyed hash bound to them, so that neither a dump nor a
 * code relayed to another browser is of use. Six digits, five tries, five minutes, used once even in parallel.
 *
 * Nothing here knows people. A code is sent to whatever phone was asked for, and only who has proven to hold
 * the phone learns whether an account belongs to it; so the answer and its time are the same for everyone.
 */
import { randomInt } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';
import { done, type Failure, failed, type Outcome } from '../platform/failure.ts';
import type { Limits, LimitUse } from '../platform/limits.ts';
import type { Log } from '../platform/observe/log.ts';
import type { Language } from '../platform/page/language.ts';
import type { Database } from '../platform/postgres.ts';
import type { KeyedHash } from './keyed-hash.ts';
import type { SmsSettings } from './settings.ts';
import { putCode, sweepCodes, tryCode, whyNot } from './sms-code-store.ts';
import { sourceGroup } from './source-group.ts';

export type SmsPurpose = 'sign-in' | 'register' | 'step-up' | 'claim';

/** Takes a message for delivery; rejects when it could not be taken. */
export interface CodeDelivery {
  deliver(message: {
    phone: string;
    language: Language;
    template: 'code';
    /** The text names the purpose, so that nobody reads out a sign-in code to "confirm a parcel". */
    params: { code: string; purpose: SmsPurpose; minutes: number };
  }): Promise<void>;
}

export interface SmsRequest {
  /** Normalised (11 digits). */
  phone: string;
  purpose: SmsPurpose;
  /** The browser's session or interaction id. */
  binding: string;
  language: Language;
  /** Address of the asking browser. */
  source: string;
  /**
   * Whoever asks has shown something before: a password of this phone's owner, or a browser known to them. They
   * have counters of their own, so that strangers who ask for codes to this number cannot use up theirs.
   */
  trusted?: boolean;
}

export interface SmsCodes {
  /**
   * Sends a fresh code; an earlier one for the same phone, purpose and browser stops working. Failures (429,
   * retryAfter): `sms-wait` {seconds}, `sms-number-limit` {hours}, `sms-limit` {minutes}; `sms-not-sent` (503).
   */
  send(request: SmsRequest): Promise<Outcome<{ resendAfter: number; expiresIn: number }>>;
  /**
   * Uses the code up. Failures (422, field `code`): `sms-code-form` (costs no try), `sms-code-wrong` {left},
   * `sms-code-spent`, `sms-code-used`, `sms-code-expired`.
   */
  verify(proof: {
    phone: string;
    purpose: SmsPurpose;
    binding: string;
    code: string;
  }): Promise<Outcome<void>>;
  /** Deletes a batch of codes that expired more than an hour ago; says how many. */
  sweep(most?: number): Promise<number>;
}

export interface SmsCodesOptions {
  database: Database;
  keyed: KeyedHash;
  limits: Limits;
  delivery: CodeDelivery;
  clock: Clock;
  log: Pick<Log, 'warn'>;
  settings: SmsSettings;
}

const HOUR = 3_600;
const refuse = (code: string, params?: Record<string, number>) =>
  failed(code, 422, { field: 'code', ...(params ? { params } : {}) });

export function openSmsCodes({
  database,
  keyed,
  limits,
  delivery,
  clock,
  log,
  settings,
}: SmsCodesOptions): SmsCodes {
  const slotParts = (at: { phone: string; purpose: SmsPurpose; binding: string }) =>
    [at.phone, at.purpose, at.binding] as const;

  return {
    async send(request) {
      const { phone, purpose, language } = request;
      const uses = usesOf(keyed, settings, request);
      const taken = await limits.take(uses.map(({ use }) => use));
      if (!taken.ok) {
        const told = uses.find(({ use }) => use.key === taken.key)?.told ?? 'sms-limit';
        return { ok: false, failure: waitFailure(told, taken.retryAfter) };
      }
      const parts = slotParts(request);
      const code = String(randomInt(1_000_000)).padStart(6, '0');
      await putCode(database, {
        slot: keyed.current('sms-slot', ...parts),
        code: keyed.current('sms-code', ...parts, code),
        tries: settings.tries,
        expiresAt: new Date(clock.now().getTime() + settings.lifeSeconds * 1_000),
      });
      try {
        const params = { code, purpose, minutes: Math.floor(settings.lifeSeconds / 60) };
        await delivery.deliver({ phone, language, template: 'code', params });
      } catch (error) {
        log.warn({ err: error }, 'a one-time code could not be handed over for delivery');
        await limits.giveBack(uses.map(({ use }) => use));
        return failed('sms-not-sent', 503, { field: 'phone' });
      }
      return done({ resendAfter: settings.resendSeconds, expiresIn: settings.lifeSeconds });
    },

    async verify(proof) {
      const code = plainDigits(proof.code);
      if (!/^\d{6}$/.test(code)) return refuse('sms-code-form');
      const parts = slotParts(proof);
      const slots = keyed.all('sms-slot', ...parts);
      const tried = await tryCode(database, slots, keyed.all('sms-code', ...parts, code), clock.now());
      if (tried?.right) return done(undefined);
      if (tried && tried.triesLeft > 0) return refuse('sms-code-wrong', { left: tried.triesLeft });
      if (tried) return refuse('sms-code-spent');
      const why = await whyNot(database, slots);
      return refuse(why === undefined ? 'sms-code-expired' : `sms-code-${why}`);
    },

    sweep: (most = 1_000) => sweepCodes(database, new Date(clock.now().getTime() - HOUR * 1_000), most),
  };
}

/** As pasted from a message or typed with a Chinese keyboard: full-width digits, spaces. */
const plainDigits = (code: string) => code.normalize('NFKC').replace(/[\s-]/g, '');

type Told = 'sms-wait' | 'sms-number-limit' | 'sms-limit';

/** All counters of one message, with what a person is told when that one is used up. */
function usesOf(
  keyed: KeyedHash,
  settings: SmsSettings,
  request: SmsRequest,
): { use: LimitUse; told: Told }[] {
  const key = (...parts: string[]) => keyed.current('sms-limit', ...parts).toString('base64url', 0, 18);
  const group = sourceGroup(request.source);
  const number = key('number', request.phone, request.trusted ? 'trusted' : 'anyone');
  const numberAndSource = key('number-source', request.phone, group);
  const more: { use: LimitUse; told: Told }[] = request.trusted
    ? []
    : [
        {
          told: 'sms-number-limit',
          use: { key: `sms:number-source:${numberAndSource}`, ...settings.perNumberAndSource },
        },
      ];
  return [
    {
      told: 'sms-wait',
      use: { key: `sms:again:${number}`, points: 1, windowSeconds: settings.resendSeconds },
    },
    { told: 'sms-number-limit', use: { key: `sms:number:${number}`, ...settings.perNumber } },
    ...more,
    { told: 'sms-limit', use: { key: `sms:source:${key('source', group)}`, ...settings.perSource } },
    {
      told: 'sms-limit',
      use: { key: `sms:prefix:${key('prefix', request.phone.slice(0, 7))}`, ...settings.perPrefix },
    },
    { told: 'sms-limit', use: { key: 'sms:total', ...settings.total } },
  ];
}

function waitFailure(told: Told, retryAfter: number): Failure {
  const params: Record<Told, Record<string, number>> = {
    'sms-wait': { seconds: retryAfter },
    'sms-number-limit': { hours: Math.ceil(retryAfter / HOUR) },
    'sms-limit': { minutes: Math.ceil(retryAfter / 60) },
  };
  return failed(told, 429, { params: params[told], retryAfter, field: 'phone' }).failure;
}
