/** What must hold when the kills are over. Each finding is a sentence; none is right. */
import type { Rooms } from '../../../src/rooms.ts';
import { HtmlClient } from '../../support/html-client.ts';
import type { Fleet } from './fleet.ts';
import type { Ledger } from './ledger.ts';
import type { Citizen } from './visitor.ts';

/**
 * As if so much time had passed that whatever a killed node had begun counts as failed; then waits until
 * nothing is left to be done.
 */
export async function letJobsFinish({ database }: Rooms, patienceMs: number): Promise<string[]> {
  await database.query(
    `UPDATE outbox.job SET started_on = started_on - interval '10 minutes' WHERE state = 'active'`,
  );
  const giveUp = Date.now() + patienceMs;
  for (;;) {
    const left = await database.query<{ what: string }>(
      `SELECT name || ' job ' || state AS what FROM outbox.job WHERE state IN ('created', 'retry', 'active')
         AND name IN ('register-comparison', 'oidc-logout', 'oidc-end-sessions', 'notice-sms')
       UNION ALL SELECT 'a logout message is ' || state FROM logout_message WHERE state <> 'delivered'
       UNION ALL SELECT 'a registration waits' FROM pending_registration WHERE state = 'waiting'
       UNION ALL SELECT 'a short message waits' FROM notice_message`,
    );
    if (left.length === 0) return [];
    if (Date.now() > giveUp) return left.map(({ what }) => `left undone: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Rows that belong together stand together, over the whole database. */
export async function findHalves({ database }: Rooms): Promise<string[]> {
  const found = await database.query<{ what: string }>(
    `SELECT 'a person without fingerprints: ' || id AS what FROM person p WHERE
         NOT EXISTS (SELECT FROM person_fingerprint f WHERE f.person_id = p.id AND f.kind = p.document_type)
         OR NOT EXISTS (SELECT FROM person_fingerprint f WHERE f.person_id = p.id AND f.kind = 'phone')
     UNION ALL SELECT 'a person without a password: ' || id FROM person
       WHERE id NOT IN (SELECT person_id FROM password_credential)
     UNION ALL SELECT 'a password of nobody: ' || person_id FROM password_credential
       WHERE person_id NOT IN (SELECT id FROM person)
     UNION ALL SELECT 'opened at the pages without the register’s word: ' || person_id FROM audit_event
       WHERE type = 'person.registered' AND channel = 'web'
         AND person_id NOT IN (SELECT person_id::text FROM person_evidence WHERE outcome = 'match')
     UNION ALL SELECT 'opened ' || count(e.type) || ' times in the audit trail: ' || p.id FROM person p
       LEFT JOIN audit_event e ON e.person_id = p.id::text AND e.type = 'person.registered' GROUP BY p.id
       HAVING count(e.type) <> 1
     UNION ALL SELECT 'in the audit trail, but not there: ' || person_id FROM audit_event
       WHERE type = 'person.registered' AND person_id NOT IN (SELECT id::text FROM person)
     UNION ALL SELECT 'more than one account for a number' FROM person_fingerprint
       WHERE kind <> 'phone' GROUP BY kind, key_id, fingerprint HAVING count(*) > 1`,
  );
  return found.map(({ what }) => what);
}

/** Nothing of a killed node holds anything for long. Of a real PostgreSQL only. */
export async function findHeld({ database }: Rooms, patienceMs: number): Promise<string[]> {
  if (database.kind === 'embedded') return [];
  const giveUp = Date.now() + patienceMs;
  for (;;) {
    const found = await database.query<{ what: string }>(
      `SELECT 'an advisory lock is held' AS what FROM pg_locks
         WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
       UNION ALL SELECT 'a transaction is open since ' || now() - state_change FROM pg_stat_activity
         WHERE datname = current_database() AND state LIKE 'idle in transaction%'
           AND now() - state_change > interval '2 s'`,
    );
    if (found.length === 0 || Date.now() > giveUp) return found.map(({ what }) => what);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** One account each, opened whole, and its person gets in with the password they were told it was opened with. */
export async function findLockedOut(fleet: Fleet, rooms: Rooms, citizens: Citizen[]): Promise<string[]> {
  const faults: string[] = [];
  for (const { person, told, passwords } of citizens) {
    const summary = await rooms.accounts.findByDocument(person.document);
    const whole = summary && (await rooms.accounts.get(summary.id));
    if (whole?.name !== person.name || whole.document.number !== person.document.number || !whole.phone) {
      faults.push(`no account, or not theirs: citizen ${person.n}`);
      continue;
    }
    const fits: string[] = [];
    for (const password of told === undefined ? passwords : [told]) {
      const client = new HtmlClient(fleet.origin, {
        'x-came-from': `10.100.${person.n >> 8}.${person.n & 255}`,
      });
      const form = await client.get('/account');
      const page = await client.submit(form, { identifier: person.document.number, password });
      if (page.url.pathname === '/account' && page.text.includes(person.name)) fits.push(password);
    }
    if (fits.length !== 1)
      faults.push(`${fits.length} passwords fit citizen ${person.n}, who was told ${told}`);
  }
  return faults;
}

/** Every release that an application saw stands in the disclosure log; every one-time thing was used once. */
export async function findUnwritten(fleet: Fleet, rooms: Rooms, ledger: Ledger): Promise<string[]> {
  const faults = [...ledger.twice.map((thing) => `accepted twice: ${thing}`), ...ledger.oddities].slice(
    0,
    20,
  );
  const seen = Map.groupBy(ledger.releases, ({ client, number, via }) => `${client} ${number} ${via}`);
  for (const releases of seen.values()) {
    const { client, number, via } = releases[0]!;
    const person = await rooms.accounts.findByDocument({ type: 'citizen-number', number });
    const [row] = await rooms.database.query<{ written: number }>(
      'SELECT count(*)::int AS written FROM disclosure WHERE person_id = $1 AND client_id = $2 AND via = $3',
      [person?.id ?? '', client, via],
    );
    const times = releases.length;
    if (row!.written < times)
      faults.push(`${times} releases by ${via} were seen and ${row!.written} are written down`);
  }
  const told = new Set(
    fleet.receiver.tokens.map((token) =>
      String(JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()).sid),
    ),
  );
  for (const sid of ledger.signedOut)
    if (!told.has(sid)) faults.push(`signed out, and the department was not told: ${sid}`);
  return faults;
}
