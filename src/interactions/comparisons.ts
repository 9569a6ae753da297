/**
 * Comparisons that nobody waits for: registrations begun while the register did not answer, and accounts
 * whose evidence has grown old. One queue, worked by whichever node gets to it; a job may run twice.
 */
import type { PersonId } from '../accounts/person.ts';
import type { Transaction } from '../platform/postgres.ts';
import { COMPARISON_QUEUE, comparisonQueueOptions } from '../registries/registries.ts';
import { type Comparison, evidenceOf } from '../registries/registry.ts';
import {
  concludeRegistration,
  fromPending,
  type Registration,
  type RegistrationOutcome,
} from './registration/open-account.ts';
import type { InteractionRooms } from './rooms.ts';

type Rooms = Pick<
  InteractionRooms,
  'accounts' | 'audit' | 'credentials' | 'database' | 'notices' | 'outbox' | 'register' | 'registries'
>;

/** What waits in the queue: ids only. */
type Job = { registration: string } | { person: PersonId };

export interface ComparisonWork {
  /** Makes the queue known; before anything is sent to it. */
  prepare(): Promise<void>;
  /** Begins to work, and queues again what a lost queue forgot. */
  work(): Promise<void>;
}

/** A registration that another worker has settled in the meantime: everything of ours is undone. */
class SettledElsewhere extends Error {}

const REQUEUE_AT_MOST = 1_000;

export function makeComparisonWork(rooms: Rooms): ComparisonWork {
  const { outbox, registries, accounts, database } = rooms;
  const within = registries.comparison.backgroundDeadlineMs;
  return {
    prepare: () => outbox.queue(COMPARISON_QUEUE, comparisonQueueOptions(registries)),
    async work() {
      await outbox.work<Job>(COMPARISON_QUEUE, async (job) => {
        if ('registration' in job) await finishRegistration(rooms, job.registration, within);
        else await comparePersonAgain(rooms, job.person, within);
      });
      for (const id of await accounts.pending.waiting(REQUEUE_AT_MOST)) {
        await outbox.send(database, COMPARISON_QUEUE, { registration: id }, { singletonKey: id });
      }
    },
  };
}

/** @throws when the register still does not answer: the queue tries again later. */
async function finishRegistration(rooms: Rooms, id: string, within: number): Promise<void> {
  const pending = await rooms.accounts.pending.open(id);
  if (!pending) return;
  const registration = fromPending(pending);
  const { document, name } = registration.draft;
  const comparison = answered(await rooms.register.compare({ document, name }, { within }));
  const asker = { channel: 'web', reference: id };
  const passwords = rooms.credentials.passwords;
  try {
    await concludeRegistration(
      { ...rooms, passwords },
      registration,
      comparison,
      asker,
      async (tx, outcome) => {
        await settle(rooms, tx, id, outcome);
        await tell(rooms, tx, registration, outcome);
      },
    );
  } catch (error) {
    if (!(error instanceof SettledElsewhere)) throw error;
  }
}

async function settle(
  rooms: Rooms,
  tx: Transaction,
  id: string,
  outcome: RegistrationOutcome,
): Promise<void> {
  const settlement =
    outcome.kind === 'opened'
      ? ({ state: 'done', personId: outcome.personId } as const)
      : ({ state: 'refused', reason: outcome.kind } as const);
  if (!(await rooms.accounts.pending.settle(tx, id, settlement))) throw new SettledElsewhere(id);
}

/** The message says how it ended and nothing about the person: anybody may read a phone's screen. */
async function tell(
  rooms: Rooms,
  tx: Transaction,
  registration: Registration,
  outcome: RegistrationOutcome,
): Promise<void> {
  const { phone } = registration.draft;
  if (!phone) return;
  const template = outcome.kind === 'opened' ? 'registration-finished' : 'registration-refused';
  await rooms.notices.sms(tx, { phone, language: registration.language, template, params: {} });
}

/** @throws when the register does not answer: the queue tries again later. */
async function comparePersonAgain(rooms: Rooms, id: PersonId, within: number): Promise<void> {
  const person = await rooms.accounts.get(id);
  if (!person || (person.state !== 'active' && person.state !== 'frozen')) return;
  const { document, name } = person;
  const comparison = answered(await rooms.register.compare({ document, name }, { within }));
  const deceased = comparison.outcome === 'match' && comparison.status === 'deceased';
  // First the state: were we to stop here, the comparison would be made again, but not the other way round.
  // A mismatch or an unknown number may be a new name or a renewed card: an operator looks, nobody is locked out.
  if (deceased)
    await rooms.accounts.changeState(id, 'deceased', { actor: 'system', reason: 'population register' });
  await rooms.database.transaction(async (tx) => {
    await rooms.accounts.addEvidence(tx, evidenceOf(id, comparison));
    await rooms.audit.append(tx, {
      type: 'register.compared',
      personId: id,
      actor: 'system',
      outcome: comparison.outcome === 'match' && !deceased ? 'success' : 'failure',
      reference: comparison.reference,
      detail: { outcome: comparison.outcome, source: comparison.source, deceased },
    });
  });
}

function answered(comparison: Comparison): Comparison {
  if (comparison.outcome === 'unreachable') throw new Error('the population register does not answer yet');
  return comparison;
}
