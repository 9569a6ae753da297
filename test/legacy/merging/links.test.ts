/** Old accounts that are linked while their number's account is merged: they go where the number goes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PersonId } from '../../../src/accounts/person.ts';
import { approveCase, type DecideRoom, decideCase } from '../../../src/legacy/cases/decide.ts';
import { applySource } from '../../../src/legacy/link.ts';
import { mergePeople } from '../../../src/legacy/merging/agree.ts';
import { unmergePeople } from '../../../src/legacy/merging/merge.ts';
import { planSource } from '../../../src/legacy/plan.ts';
import { stageFile } from '../../../src/legacy/stage.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { citizen, value } from '../../accounts/opened.ts';
import { type FreshDatabase, stores } from '../../support/stores.ts';
import { type MergingRoom, openMerging } from './merging-room.ts';

const DECLARATION =
  'source: talent\ntitle: { zh-CN: 人才 }\nperson: { localId: id, name: xm, document: { column: sfzh } }\n';
const NAME = '扎西·顿珠';

describe.each(stores)('links by the number of a merged account on $name', (store) => {
  let fresh: FreshDatabase;
  let folder: string;
  let room: MergingRoom & DecideRoom;
  let a: PersonId;
  let b: PersonId;
  let number: string;

  beforeAll(async () => {
    fresh = await store.fresh();
    folder = mkdtempSync(join(tmpdir(), 'yihao-links-'));
    const opened = openMerging(fresh.database, systemClock);
    const check = () => Promise.reject(new Error('nobody asks'));
    room = { ...opened, population: { ...opened.population, check } };
  });
  beforeEach(async () => {
    await room.empty();
    a = await room.person(1);
    b = await room.person(2);
    number = await merged(a, b);
  });
  afterAll(async () => {
    await room.audit.close();
    rmSync(folder, { recursive: true });
    await fresh.drop();
  });

  const merged = async (x: PersonId, y: PersonId) =>
    value(await mergePeople(room, { ids: [x, y], reason: 'x', actor: 'operator:one' })).number;
  const unmerge = () => unmergePeople(room, { number, reason: 'x', actor: 'operator:one' });
  const stage = async (...rows: [string, string, number][]) => {
    const path = join(folder, 'old.csv');
    const lines = rows.map(([id, name, n]) => `${id},${name},${citizen(n).number}`);
    writeFileSync(path, ['id,xm,sfzh', ...lines].join('\n'));
    value(await stageFile(room, { declaration: DECLARATION, path }));
    await planSource(room, 'talent');
  };
  const apply = (rooms: typeof room = room) => applySource(rooms, 'talent', 'operator:one');
  const decide = (localId: string, personId?: PersonId) =>
    decideCase(room, {
      source: 'talent',
      localId,
      action: 'link',
      personId,
      reason: 'x',
      actor: 'operator:one',
    });
  /** Who holds each, and to whom it was linked. */
  const held = async () =>
    Object.fromEntries(
      (
        await fresh.database.query<{ local_id: string; holder: PersonId; owner: PersonId }>(
          'SELECT o.local_id, o.person_id AS holder, j.person_id AS owner FROM old_account o JOIN legacy_journal j ON j.id = o.linked_by',
        )
      ).map(({ local_id, holder, owner }) => [local_id, [holder, owner]]),
    );

  test('an import links them to the merged one, held by the survivor; undoing needs no more than itself', async () => {
    await stage(['of-a', NAME, 1], ['of-b', NAME, 2]);
    expect(await apply()).toMatchObject({ linked: 2, opened: 0, changed: 0 });
    expect(await held()).toEqual({ 'of-a': [a, a], 'of-b': [a, b] });
    value((await unmerge()) as never);
    expect(await held()).toEqual({ 'of-a': [a, a], 'of-b': [b, b] });
  });

  test('the state that counts is the survivor’s, the name that counts the merged one’s', async () => {
    value(await room.accounts.changeState(a, 'frozen', { actor: 'operator:one', reason: 'x' }));
    await stage(['of-b', NAME, 2]);
    expect(await apply()).toMatchObject({ linked: 0 });
    value(await room.accounts.changeState(a, 'active', { actor: 'operator:one', reason: 'x' }));
    await fresh.database.transaction((tx) => room.accounts.change(tx, a, { name: '达娃' }));
    await planSource(room, 'talent');
    expect(await apply()).toMatchObject({ linked: 1 });
  });

  test('so do people who decide a case by its number', async () => {
    await stage(['of-b', '扎西', 2]);
    expect(value(await decide('of-b'))).toEqual({ state: 'done', personId: a });
    expect(await held()).toEqual({ 'of-b': [a, b] });
    value((await unmerge()) as never);
    expect(await held()).toEqual({ 'of-b': [b, b] });
  });

  test('so does who names the survivor; what was proposed before the merge is looked at again', async () => {
    value((await unmerge()) as never);
    await stage(['of-b', '扎西', 2]);
    const { proposal } = value(await decide('of-b', a)) as { proposal: string };
    number = await merged(a, b);
    value(
      (await approveCase(room, { proposal, actor: 'operator:two' }).then((outcome) => {
        // The account under the number is another one now: looked at again, proposed anew.
        expect(outcome).toMatchObject({ failure: { code: 'case-changed' } });
        return decide('of-b', a);
      })) as never,
    );
    expect(await held()).toEqual({ 'of-b': [a, b] });
    value((await unmerge()) as never);
  });

  // The embedded database is one session: nothing can happen between two statements of a transaction.
  test.skipIf(store.name === 'embedded')(
    'a merge between the two looks of an import: judged anew in the next run, not linked to somebody unheld',
    async () => {
      value((await unmerge()) as never);
      await stage(['of-b', NAME, 2]);
      let once = true;
      const hold: typeof room.accounts.hold = async (tx, ids) => {
        if (once) await merged(a, b);
        once = false;
        return room.accounts.hold(tx, ids);
      };
      expect(await apply({ ...room, accounts: { ...room.accounts, hold } })).toMatchObject({
        linked: 0,
        changed: 1,
      });
      expect(await apply()).toMatchObject({ linked: 1 });
      expect(await held()).toEqual({ 'of-b': [a, b] });
    },
  );
});
