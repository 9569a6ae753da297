/** The doctor's look at the registers, the SMS gateway and old systems that check passwords: do they answer, signed as they should? */
import { systemClock } from '../platform/clock.ts';
import { openPartner } from '../platform/partner/partner.ts';
import { type PartnerSettings, partnerFaults } from '../platform/partner/settings.ts';
import { reachEnterprise } from '../registries/registries.ts';
import type { Settings } from '../settings.ts';
import type { Finding } from './doctor.ts';

export async function examinePartners({ registries, notices, legacy }: Settings): Promise<Finding[]> {
  const { population, enterprise } = registries;
  const organisations = reachEnterprise(registries);
  return Promise.all([
    population.kind === 'stand-in' && !population.url
      ? { check: 'population register', state: 'ok' as const, found: 'stand-in, started with the server' }
      : examine('population register', 'registries.population', population, 'registrations wait'),
    enterprise.kind === 'none' || !organisations
      ? {
          check: 'enterprise register',
          state: 'ok' as const,
          found:
            enterprise.kind === 'none'
              ? 'none: organisations of old systems wait for one'
              : 'stand-in, started with the server',
        }
      : examine(
          'enterprise register',
          'registries.enterprise',
          organisations,
          'organisations of old systems wait',
        ),
    notices.kind === 'trial-outbox'
      ? { check: 'SMS gateway', state: 'ok' as const, found: 'trial outbox, sends nothing' }
      : examine('SMS gateway', 'notices.gateway', notices.gateway, 'nobody gets a code'),
    ...Object.entries(legacy.logins).map(([name, login]) =>
      examine(`old login ${name}`, `legacy.logins.${name}`, login, 'old passwords are not checked'),
    ),
  ]);
}

async function examine(
  check: string,
  place: string,
  settings: PartnerSettings,
  consequence: string,
): Promise<Finding> {
  const [fault] = partnerFaults(place, settings);
  if (fault) return { check, state: 'failed', found: fault.setting, advice: fault.right };
  const partner = openPartner(check, place, settings, systemClock);
  try {
    const health = await partner.check();
    if (health.reachable)
      return { check, state: 'ok', found: `answers in ${Math.round(health.seconds * 1_000)} ms` };
    const { fault = 'network' } = health;
    const advice = `${consequence} until it answers: ${WHAT_TO_DO[fault] ?? OTHERWISE} (${place})`;
    return { check, state: 'warning', found: `does not answer (${fault})`, advice };
  } finally {
    partner.close();
  }
}

const OTHERWISE = 'see that it speaks as docs/partners.md says';

const WHAT_TO_DO: Record<string, string> = {
  network:
    'check its address, the line, and who signed its certificate (an authority of your own: NODE_EXTRA_CA_CERTS)',
  timeout: 'check the line, or give it longer with attemptMs and deadlineMs',
  unwell: 'it says itself that it is not well; ask who runs it',
  refused: 'it does not accept our signature; compare keyId and secret with its own, and both clocks',
  forged: 'its answer is not signed with our secret; compare the secret with its own',
};
