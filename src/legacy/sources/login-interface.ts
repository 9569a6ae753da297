/**
 * Old systems that hand out no passwords and only say whether one is right. The question goes over a signed line with
 * an end to its patience (platform/partner); the password is in the question's body and nowhere else.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../platform/clock.ts';
import { openPartner, type PartnerHealth, type PartnerMeter } from '../../platform/partner/partner.ts';
import type { LegacySettings } from '../settings.ts';

/** What the old system says of an account whose password was right: as it has it, neither cleaned nor believed. */
export interface OldIdentity {
  localId: string;
  number?: string;
  name?: string;
  phone?: string;
}

/** unreachable: there is no answer now, whatever the cause; it says nothing about the password. */
export type OldLoginAnswer =
  | { outcome: 'yes'; identity: OldIdentity }
  | { outcome: 'no' }
  | { outcome: 'unreachable' };

export interface OldLogin {
  /**
   * Asks whether the password belongs to the identifier there. Never throws, and takes no longer than the interface's
   * deadline, or `within` ms where given. Whoever asks counts tries: the old system's own lock may be weak or harsh.
   */
  ask(question: { identifier: string; password: string }, within?: number): Promise<OldLoginAnswer>;
  /** Asks nothing but whether it answers us. */
  check(): Promise<PartnerHealth>;
  close(): void;
}

const LONGEST = 200;
const text = z.string().min(1).max(LONGEST);

/** Strict: whoever sends more has misread the interface, and might send a password. */
const answers = z.discriminatedUnion('outcome', [
  z.strictObject({
    outcome: z.literal('yes'),
    localId: text,
    number: text.optional(),
    name: text.optional(),
    phone: text.optional(),
  }),
  z.strictObject({ outcome: z.literal('no') }),
]);

/** Longer ones belong to nobody there. */
const LONGEST_IDENTIFIER = 200;
const LONGEST_PASSWORD = 1_024;

/**
 * Opens all interfaces of the settings, by name.
 * @throws ConfigurationError when the settings cannot work
 */
export function openOldLogins(
  { logins }: LegacySettings,
  clock: Clock,
  meter: PartnerMeter = {},
): ReadonlyMap<string, OldLogin> {
  return new Map(
    Object.entries(logins).map(([name, settings]) => {
      const partner = openPartner(`old-login-${name}`, `legacy.logins.${name}`, settings, clock, meter);
      return [name, { ask: askOver(partner.call), check: partner.check, close: partner.close }];
    }),
  );
}

type Ask = ReturnType<typeof openPartner>['call'];

function askOver(call: Ask): OldLogin['ask'] {
  return async ({ identifier, password }, within) => {
    const odd = identifier === '' || password === '';
    if (odd || identifier.length > LONGEST_IDENTIFIER || password.length > LONGEST_PASSWORD)
      return { outcome: 'no' };
    const answer = await call({
      method: 'POST',
      path: '/check-password',
      body: { request: randomUUID(), identifier, password },
      ...(within === undefined ? {} : { within }),
    });
    const read = answer.ok ? answers.safeParse(answer.body) : undefined;
    if (!read?.success) return { outcome: 'unreachable' };
    if (read.data.outcome === 'no') return { outcome: 'no' };
    const { outcome, localId, ...told } = read.data;
    const given = Object.entries(told).filter(([, value]) => value !== undefined);
    return { outcome, identity: { localId, ...Object.fromEntries(given) } };
  };
}
