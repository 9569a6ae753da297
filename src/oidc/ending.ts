/**
 * Ends sessions from outside the browser: a password changed, an account frozen, a consent taken back, an
 * operator. First it is written down durably, then it is done; whatever crashes in between, a job finishes it.
 */
import type { AdapterPayload } from 'oidc-provider';
import type { AuditTrail } from '../audit/trail.ts';
import type { Clients } from '../clients/clients.ts';
import type { Clock } from '../platform/clock.ts';
import type { Outbox } from '../platform/outbox.ts';
import type { Database, Queryable } from '../platform/postgres.ts';
import type { Farewell, Logouts } from './logout.ts';
import type { OidcStore } from './oidc-store.ts';
import type { Subjects } from './subject.ts';

export interface EndOptions {
  /** The session that goes on, by its uid: the one in which the person changes the password. */
  exceptSession?: string | undefined;
  /** Only this session, as if the person had signed out there. */
  onlySession?: string | undefined;
  /** Only what hangs on this application; the sessions themselves go on. */
  onlyClient?: string | undefined;
  /**
   * A merge is being taken back: whom the account answered for until now, in the order of {@link Subjects}. Where it has no
   * sub of its own its sessions went by one of theirs, and the application is told by that one.
   */
  answeredFor?: readonly string[] | undefined;
}

export interface Ending extends EndOptions {
  personId: string;
  /** Why: `logout`, `password-changed`, `person-frozen`, `consent-revoked`, `operator`, … Goes into audit and messages. */
  reason: string;
}

export interface Endings {
  /** Ends now, and durably: also what this process does not finish. Returns how many sessions ended. */
  end(ending: Ending): Promise<number>;
  /** Ends as soon as the caller's transaction has committed, on whatever node takes the job (within seconds). */
  endLater(on: Queryable, ending: Ending): Promise<void>;
  prepare(): Promise<void>;
  work(): Promise<void>;
}

export interface EndingParts {
  database: Database;
  outbox: Outbox;
  store: OidcStore;
  logouts: Logouts;
  clients: Pick<Clients, 'get'>;
  subjects: Pick<Subjects, 'among'>;
  trail: AuditTrail;
  clock: Clock;
}

/** A session or grant begun after this second is not meant: the person has signed in again. */
type Job = Ending & { until: number };

const QUEUE = 'oidc-end-sessions';
const LEFT_ALONE_SECONDS = 5;

export function openEndings(parts: EndingParts): Endings {
  const { outbox, database, clock } = parts;
  const now = () => Math.floor(clock.now().getTime() / 1_000);
  return {
    async end(ending) {
      const job: Job = { ...ending, until: now() };
      // Done here and now; the job is for the case that this node dies over it, and must not run beside it.
      await outbox.send(database, QUEUE, job, { startAfterSeconds: LEFT_ALONE_SECONDS });
      return endNow(parts, job);
    },
    async endLater(on, ending) {
      await outbox.send(on, QUEUE, { ...ending, until: now() } satisfies Job);
    },
    prepare: () =>
      outbox.queue(QUEUE, {
        retryLimit: 20,
        retryDelaySeconds: 2,
        retryDelayMaxSeconds: 300,
        expireInSeconds: 60,
      }),
    work: () =>
      outbox.work<Job>(QUEUE, async (job) => {
        await endNow(parts, job);
      }),
  };
}

/** Does it; again without harm. Messages are stored before a session goes, so none is lost with it. */
async function endNow(parts: EndingParts, job: Job): Promise<number> {
  const { store } = parts;
  const all = (await store.sessionsOf(job.personId)).filter((session) => (session.loginTs ?? 0) <= job.until);
  if (job.onlyClient !== undefined) {
    await endAtClient(parts, job, job.onlyClient, all);
    return 0;
  }
  const ended = all.filter((session) =>
    job.onlySession ? session.uid === job.onlySession : session.uid !== job.exceptSession,
  );
  for (const session of ended) {
    await parts.logouts.send(await knownBy(parts, job, farewellsOf(session, job.personId)), job.reason);
    await store.adapter('Session').destroy(session.jti!);
    for (const { grantId, persistsLogout } of Object.values(session.authorizations ?? {})) {
      if (grantId !== undefined && !persistsLogout) await store.endGrant(grantId);
    }
    await audit(parts, job);
  }
  if (job.onlySession === undefined) await endGrants(parts, job, undefined, grantsIn(all, job.exceptSession));
  return ended.length;
}

/** The person takes back what one application may have: it forgets the person everywhere, the sessions go on. */
async function endAtClient(
  parts: EndingParts,
  job: Job,
  clientId: string,
  sessions: AdapterPayload[],
): Promise<void> {
  for (const session of sessions) {
    const told = farewellsOf(session, job.personId).filter((farewell) => farewell.clientId === clientId);
    const grantId = session.authorizations?.[clientId]?.grantId;
    // Told once: when the grant is gone, this has been done before.
    if (grantId !== undefined && (await parts.store.adapter('Grant').find(grantId)))
      await parts.logouts.send(told, job.reason);
  }
  await endGrants(parts, job, clientId, new Set());
}

/** Every grant of the person, also those that outlived their session by offline access. */
async function endGrants(
  { store }: EndingParts,
  job: Job,
  clientId: string | undefined,
  kept: ReadonlySet<string>,
): Promise<void> {
  for (const grant of await store.grantsOf(job.personId, clientId)) {
    if ((grant.iat ?? 0) <= job.until && !kept.has(grant.jti!)) await store.endGrant(grant.jti!);
  }
}

function grantsIn(sessions: AdapterPayload[], uid: string | undefined): Set<string> {
  const session = uid === undefined ? undefined : sessions.find((one) => one.uid === uid);
  const grants = Object.values(session?.authorizations ?? {}).map(({ grantId }) => grantId);
  return new Set(grants.filter((id) => id !== undefined));
}

export const farewellsOf = (session: AdapterPayload, personId: string): Farewell[] =>
  Object.entries(session.authorizations ?? {}).flatMap(([clientId, { sid }]) =>
    sid === undefined ? [] : [{ clientId, personId, sid }],
  );

/** The sub of an ended session, where the person is known by another one from now on. */
function knownBy(
  { clients, subjects }: EndingParts,
  { personId, answeredFor }: Job,
  farewells: Farewell[],
): Promise<Farewell[]> | Farewell[] {
  if (!answeredFor?.length) return farewells;
  return Promise.all(
    farewells.map(async (farewell) => {
      const client = await clients.get(farewell.clientId);
      const sub = client && (await subjects.among([personId, ...answeredFor], client.sector));
      return { ...farewell, sub };
    }),
  );
}

const audit = ({ trail }: EndingParts, { personId, reason }: Job): Promise<void> =>
  trail.record({ type: 'session.ended', personId, actor: 'system', outcome: 'success', detail: { reason } });
