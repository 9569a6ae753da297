/** A second process that writes events until it is killed. */
import { openAudit } from '../../src/audit/trail.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { openDatabase } from '../../src/platform/postgres.ts';
import { parseKeyring } from '../../src/platform/seal/keyring.ts';

const { AUDIT_KEYS, AUDIT_URL, AUDIT_FOLDER } = process.env;
const database = await openDatabase({ url: AUDIT_URL || undefined, folder: AUDIT_FOLDER!, poolSize: 4 });
const audit = openAudit({
  database,
  keyring: parseKeyring(AUDIT_KEYS!),
  suite: 'aes',
  clock: systemClock,
  node: 'other',
});
let written = 0;
const write = async () => {
  for (;;) {
    if (written % 2) await audit.trail.record({ type: 'session.started', actor: 'self', outcome: 'success' });
    else {
      await database.transaction((tx) =>
        audit.trail.append(tx, { type: 'session.ended', actor: 'self', outcome: 'success' }),
      );
    }
    written += 1;
    if (written === 20) process.send!('writing');
  }
};
await Promise.all([write(), write(), write()]);
