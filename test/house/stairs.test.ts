/**
 * Imports go down the stairs only. A room that never looks up or sideways can be understood, tested and
 * removed alone; legacy/ must be removable after cut-over.
 */
import { expect, test } from 'vitest';
import { filesBelow, importsOf, roomOf } from './source.ts';

const STAIRS: Record<string, number> = {
  platform: 0,
  audit: 1,
  accounts: 2,
  clients: 2,
  credentials: 3,
  registries: 3,
  notices: 3,
  oidc: 4,
  legacy: 4,
  interactions: 5,
  channels: 6,
  admin: 6,
  profile: 6,
  departments: 6,
  settings: 7,
  main: 7,
  app: 7,
  server: 7,
  enrol: 7,
  rooms: 7,
  'keyring-file': 7,
  trial: 7,
  cli: 7,
  commands: 7,
};
const TOP = 7;

const files = filesBelow('src', '.ts');

test('every room has its step on the stairs', () => {
  const unknown = files.map((file) => roomOf(file.path)!).filter((room) => !(room in STAIRS));
  expect(unknown).toEqual([]);
});

test('imports go down the stairs, never up and never sideways', () => {
  const wrong = files.flatMap((file) => {
    const room = roomOf(file.path)!;
    const step = STAIRS[room]!;
    return importsOf(file)
      .map((to) => ({ to, toRoom: roomOf(to) }))
      .filter(({ toRoom }) => toRoom !== undefined && toRoom !== room)
      .filter(({ toRoom }) => !(STAIRS[toRoom!]! < step || (step === TOP && STAIRS[toRoom!] === TOP)))
      .map(({ to }) => `${file.path} → ${to}`);
  });
  expect(wrong).toEqual([]);
});

test('no lofts: nothing is called utils, helpers, managers or common', () => {
  const lofts = [...files, ...filesBelow('views', '')].filter((file) =>
    /(^|[/-])(utils?|helpers?|managers?|common)([/.-]|$)/.test(file.path),
  );
  expect(lofts.map((file) => file.path)).toEqual([]);
});

test('files stay short enough to be read in one sitting', () => {
  const long = files.filter((file) => file.text.split('\n').length > 400);
  expect(long.map((file) => file.path)).toEqual([]);
});
