/** A process that has a database open and does what it is told: `{ sql, values }`, answered with rows or an error. */
import { openDatabase } from '../../../src/platform/postgres.ts';

const database = await openDatabase({ folder: process.argv[2]!, poolSize: 4 });
process.on('message', async (told: { sql: string } | 'close') => {
  if (told === 'close') {
    await database.close();
    process.disconnect();
    return;
  }
  try {
    process.send!({ rows: await database.query(told.sql) });
  } catch (error) {
    process.send!({ error: (error as Error).message });
  }
});
process.send!('open');
