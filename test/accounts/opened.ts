/** The accounts room on a test database, with the sample keyring and the real audit trail. */
import { type Accounts, openAccounts } from '../../src/accounts/accounts.ts';
import { citizenCheck } from '../../src/accounts/check-digits.ts';
import type { Document } from '../../src/accounts/document.ts';
import type { Person, PersonDraft } from '../../src/accounts/person.ts';
import { type AccountsSettings, accountsSettings } from '../../src/accounts/settings.ts';
import { type Audit, openAudit } from '../../src/audit/trail.ts';
import { type Clock, systemClock } from '../../src/platform/clock.ts';
import type { Outcome } from '../../src/platform/failure.ts';
import type { Database } from '../../src/platform/postgres.ts';
import { type Fingerprinter, makeFingerprinter } from '../../src/platform/seal/fingerprint.ts';
import { type Keyring, parseKeyring } from '../../src/platform/seal/keyring.ts';
import { sampleKeyring } from '../../src/platform/seal/sample-keys.ts';
import { makeSealer, type Sealer, type SuiteName } from '../../src/platform/seal/sealer.ts';

export interface Opened {
  accounts: Accounts;
  audit: Audit;
  sealer: Sealer;
  fingerprinter: Fingerprinter;
  /** Opens an account in a transaction of its own. */
  register(draft: PersonDraft): Promise<Outcome<Person>>;
}

export interface OpenOptions {
  keyring?: Keyring;
  suite?: SuiteName;
  clock?: Clock;
  settings?: Partial<AccountsSettings>;
}

/** Sample keys numbered from 0; more keys mean a rotated keyring. */
export const sampleRing = (count: number): Keyring => parseKeyring(sampleKeyring(count));

/** A sample keyring from which older keys were taken out again: only the newest of `count` is left. */
export function newestOnly(count: number): Keyring {
  const file = JSON.parse(sampleKeyring(count)) as Record<string, object[]>;
  return parseKeyring(
    JSON.stringify(Object.fromEntries(Object.entries(file).map(([name, keys]) => [name, [keys[0]]]))),
  );
}

export function open(database: Database, options: OpenOptions = {}): Opened {
  const { keyring = sampleRing(1), suite = 'aes', clock = systemClock } = options;
  // The trail's own keys are not what is rotated here.
  const audit = openAudit({ database, keyring: sampleRing(1), suite: 'aes', clock, node: 'test' });
  const sealer = makeSealer(keyring, suite);
  const fingerprinter = makeFingerprinter(keyring, suite);
  const settings = accountsSettings.parse(options.settings ?? {});
  const accounts = openAccounts({ database, sealer, fingerprinter, audit: audit.trail, clock, settings });
  const register = (draft: PersonDraft) => database.transaction((tx) => accounts.create(tx, draft));
  return { accounts, audit, sealer, fingerprinter, register };
}

/** A different valid number for each n below a million: fictitious county, birth in January 1900. */
export function citizen(n: number): Document {
  const day = String(1 + (n % 28)).padStart(2, '0');
  const county = String(9900 + (Math.floor(n / 28_000) % 100)).padStart(4, '0');
  const sequence = String(Math.floor(n / 28) % 1000).padStart(3, '0');
  const body = `54${county}190001${day}${sequence}`;
  return { type: 'citizen-number', number: body + citizenCheck(body) };
}

export const draft = (n: number, more: Partial<PersonDraft> = {}): PersonDraft => ({
  document: citizen(n),
  name: '扎西·顿珠',
  identityLevel: 3,
  ...more,
});

/** The value of an outcome that must be a success. */
export function value<Value>(outcome: Outcome<Value>): Value {
  if (!outcome.ok) throw new Error(`failed with ${outcome.failure.code}`);
  return outcome.value;
}
