/**
 * kill -9 of a node at random points, while citizens register, sign in, use a department and sign out: nothing is
 * issued twice, no account is half, nobody comes to a dead end. `KILL_SEED` repeats a run's
 * choices, `KILLS` makes it longer.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Rooms } from '../../../src/rooms.ts';
import { runCli } from '../../commands/cli.ts';
import { installations } from '../../support/server.ts';
import { findHalves, findHeld, findLockedOut, findUnwritten, letJobsFinish } from './afterwards.ts';
import { runMachine } from './clients.ts';
import { seedOfThisRun, throwDice } from './dice.ts';
import { type Fleet, startFleet } from './fleet.ts';
import { killAtRandom } from './killer.ts';
import { Ledger } from './ledger.ts';
import { live } from './story.ts';
import type { Citizen } from './visitor.ts';

const SEED = seedOfThisRun();
/** Even. */
const KILLS = Number(process.env.KILLS || 6);
/** Citizens at the pages at any one time. */
const AT_ONCE = 5;

// The embedded database is of one process, so there is one node; it takes longer to come up again.
const runs = installations.map((installation, n) => ({
  ...installation,
  own: throwDice(SEED).for(n),
  ...(installation.store.name === 'embedded'
    ? { nodes: 1, kills: KILLS / 2 + 1 }
    : { nodes: 2, kills: KILLS }),
}));

describe.each(runs)(`killing nodes ($name, $nodes nodes, seed ${SEED})`, (run) => {
  const ledger = new Ledger();
  const citizens: Citizen[] = [];
  let fleet: Fleet;
  let rooms: Rooms;
  let kills: string[] = [];

  /** Stands beside whatever fails. */
  const summary = () =>
    [JSON.stringify(ledger.counts), ...kills, ...fleet.members.map((member) => errorsOf(member.said()))].join(
      '\n',
    );

  beforeAll(async () => {
    fleet = await startFleet(run, run.own.for(0));
  });
  afterAll(async () => {
    await rooms?.close();
    await fleet?.close();
  });

  test(
    'everybody comes to an end, however often nodes are killed',
    async () => {
      const dice = run.own;
      const asker = {
        origin: fleet.origin,
        ledger,
        secret: fleet.secret,
        exact: run.store.name === 'postgres',
      };
      let players = 1;
      const citizenAfterCitizen = async (): Promise<void> => {
        while (!ledger.closing) {
          const citizen = fleet.citizen();
          citizens.push(citizen);
          players += 1;
          const own = dice.for(players);
          // Some have begun on the telephone and on the computer, with two passwords.
          const devices = own.chance(0.3) ? [1, 2] : [1];
          const alone = devices.length === 1;
          await Promise.all(
            devices.map((device) =>
              live({
                ...asker,
                citizen,
                alone,
                dice: own.for(device),
                password: `Snow-Lion-${device}-river`,
              }),
            ),
          );
        }
      };
      const all = [
        ...Array.from({ length: AT_ONCE }, citizenAfterCitizen),
        runMachine({ ...asker, dice: dice.for(1) }),
      ];
      const killing = killAtRandom(fleet, dice.for(0), ledger, run.kills).finally(() => {
        ledger.closing = true;
      });
      const ended = await Promise.allSettled([killing, ...all]);
      if (ended[0].status === 'fulfilled') kills = ended[0].value;
      const broken = ended.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []));
      if (process.env.KILLS) console.info(summary());
      expect(broken, summary()).toEqual([]);
      expect(ledger.counts.kills).toBe(run.kills);
      expect(ledger.counts.stories).toBeGreaterThanOrEqual(AT_ONCE);
    },
    120_000 + KILLS * 15_000,
  );

  test('what was queued gets done, and no lock is left', async () => {
    rooms = await fleet.rooms();
    expect(await letJobsFinish(rooms, 40_000), summary()).toEqual([]);
    expect(await findHeld(rooms, 10_000), summary()).toEqual([]);
  }, 90_000);

  test('each number has one whole account, and its person gets in', async () => {
    expect(await findHalves(rooms), summary()).toEqual([]);
    expect(await findLockedOut(fleet, rooms, citizens), summary()).toEqual([]);
  });

  test('nothing was accepted twice, nothing odd was answered, and what was released is written down', async () => {
    expect(await findUnwritten(fleet, rooms, ledger), summary()).toEqual([]);
  });

  test('the audit trail is intact, says the command line beside the nodes', async () => {
    const said = await runCli(fleet.env, ['audit', 'verify', '--json']);
    expect([said.code, said.err]).toEqual([0, '']);
    expect(said.json<{ ok: boolean; links: number }>()).toMatchObject({ ok: true });
  });
});

/** The log without the banner. */
const errorsOf = (said: string): string =>
  said
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .slice(0, 20)
    .join('\n');
