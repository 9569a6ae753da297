/** Work that one process of an installation does at a time, and the others leave to it. */
import type { PoolClient } from 'pg';
import type { Database } from './postgres.ts';

/**
 * Does the work unless another process is at it; then returns undefined at once. The lock belongs to the connection that
 * the work is handed: a process that is killed gives it back. All processes on one embedded database share a session and
 * so the lock: there, work must do no harm when it is done twice.
 */
export async function whileAlone<Result>(
  database: Database,
  lock: number,
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result | undefined> {
  const client = await database.client();
  let broken = false;
  try {
    const [taken] = (await client.query('SELECT pg_try_advisory_lock($1) AS mine', [lock])).rows;
    if (!taken?.mine) return undefined;
    const result = await work(client);
    await client.query('SELECT pg_advisory_unlock($1)', [lock]);
    return result;
  } catch (error) {
    // The lock dies with its connection.
    broken = true;
    throw error;
  } finally {
    client.release(broken);
  }
}
