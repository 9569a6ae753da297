/**
 * What a credential method promises: it proves, and hands back evidence. It signs nobody in; the journey
 * adds evidence up and concludes.
 */
import type { PersonId } from '../accounts/person.ts';

/** Authentication method references of RFC 8176 that this room can prove. */
export type MethodName = 'pwd' | 'sms';

/** That this person proved themselves in this way at this time. */
export interface AuthenticationEvidence {
  method: MethodName;
  at: Date;
  personId: PersonId;
}

/** What a sign-in attempt is counted as; each factor has its own counters, so that one exhausted leaves the other. */
export type Factor = 'password' | 'sms';

/** The reference (`amr`) that a proven factor becomes. */
export const methodOf: Record<Factor, MethodName> = { password: 'pwd', sms: 'sms' };

/** Evidence that a factor was proven. */
export const evidenceOf = (factor: Factor, personId: PersonId, at: Date): AuthenticationEvidence => ({
  method: methodOf[factor],
  at,
  personId,
});
