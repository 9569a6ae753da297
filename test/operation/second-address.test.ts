/** Two servers of one trial folder would take each other's address away: the second says so and does not start. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freePort, startYihao } from '../support/server.ts';

test('a second server with another address is refused, and the first goes on', async () => {
  const first = await startYihao();
  try {
    const env = { ...process.env, ...first.env, PORT: String(await freePort()) };
    const second = spawn(process.execPath, [join(import.meta.dirname, '../../src/main.ts')], { env });
    let said = '';
    second.stderr.on('data', (part: Buffer) => {
      said += part.toString();
    });
    expect(await new Promise((resolve) => second.once('exit', resolve))).toBe(1);
    expect(said).toContain(`serves ${first.origin}`);
    expect(said).toContain('YIHAO_DATA_FOLDER');
    // Its own pages still know where to come back to.
    const answer = await fetch(`${first.origin}/account`, { redirect: 'manual' });
    const sent = new URL(answer.headers.get('location')!, first.origin);
    expect((await fetch(sent, { redirect: 'manual' })).status).toBe(303);
  } finally {
    await first.close();
  }
});
