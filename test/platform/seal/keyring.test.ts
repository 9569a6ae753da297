import { expect, test } from 'vitest';
import { ConfigurationError } from '../../../src/platform/config/load.ts';
import {
  generateKeyring,
  KEY_PURPOSES,
  keyringFaults,
  parseKeyring,
  promoteKey,
  rotateKeyring,
} from '../../../src/platform/seal/keyring.ts';
import { sampleKeyring } from '../../../src/platform/seal/sample-keys.ts';

type File = Record<string, { id: string; key: string }[]>;
const production = { production: true };

const changed = (change: (file: File) => void): string => {
  const file = JSON.parse(generateKeyring()) as File;
  change(file);
  return JSON.stringify(file);
};

test('a generated keyring is fit for production and has one key for each purpose', () => {
  const json = generateKeyring(new Date('2026-11-23'));
  expect(keyringFaults(json, production)).toEqual([]);
  const ring = parseKeyring(json);
  for (const purpose of KEY_PURPOSES) {
    expect(ring.all(purpose)).toHaveLength(1);
    expect(ring.current(purpose).id).toBe('2026a');
    expect(ring.current(purpose).bytes).toHaveLength(32);
    expect(ring.byId(purpose, '2026a')).toBe(ring.current(purpose));
  }
  expect(ring.byId('seal', 'never')).toBeUndefined();
});

test('rotation puts a new key first and keeps the older ones', () => {
  const json = generateKeyring(new Date('2026-11-23'));
  let rotated = json;
  for (let n = 0; n < 30; n += 1) rotated = rotateKeyring(rotated, 'seal', new Date('2026-12-01'));
  expect(keyringFaults(rotated, production)).toEqual([]);
  const ring = parseKeyring(rotated);
  expect(ring.all('seal')).toHaveLength(31);
  expect(ring.current('seal').id).toBe('2026-31');
  expect(ring.byId('seal', '2026a')!.bytes).toEqual(parseKeyring(json).current('seal').bytes);
  expect(ring.all('pepper')).toHaveLength(1);
});

test('a key on standby is known but not used, until it is promoted; promoting again changes back', () => {
  const ids = (json: string) =>
    parseKeyring(json)
      .all('token')
      .map(({ id }) => id);
  const now = new Date('2026-12-01');
  const two = rotateKeyring(generateKeyring(now), 'token', now);
  const standing = rotateKeyring(two, 'token', now, { standby: true });
  expect(ids(standing)).toEqual(['2026b', '2026c', '2026a']);
  const promoted = promoteKey(standing, 'token')!;
  expect(ids(promoted)).toEqual(['2026c', '2026b', '2026a']);
  expect(keyringFaults(promoted, production)).toEqual([]);
  expect(ids(promoteKey(promoted, 'token')!)).toEqual(ids(standing));
  expect(promoteKey(standing, 'seal')).toBeUndefined();
});

test('the published sample keys work for a try and are refused in production', () => {
  expect(keyringFaults(sampleKeyring(2), { production: false })).toEqual([]);
  const faults = keyringFaults(sampleKeyring(2), production);
  expect(faults).toHaveLength(12);
  expect(faults[0]).toEqual({
    setting: 'keyring.seal[0].key',
    right: 'must not be the published sample key',
  });
});

test.each([
  ['zeros', Buffer.alloc(32)],
  ['a run', Buffer.from(Array.from({ length: 32 }, (_, n) => n))],
  ['typed text', Buffer.from('a password of thirty-two letters')],
  [
    'a repeated pattern',
    Buffer.from('0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', 'hex'),
  ],
])('%s is no key for production', (_, bytes) => {
  const json = changed((file) => {
    file.token![0]!.key = bytes.toString('base64');
  });
  expect(keyringFaults(json, production)).toEqual([
    { setting: 'keyring.token[0].key', right: 'must be random: this one is a pattern or text' },
  ]);
});

test('every fault is told at once, each with its place', () => {
  const json = changed((file) => {
    delete file.audit;
    file.cookie = [];
    file.seal![0]!.id = 'No Spaces';
    file.fingerprint![0]!.key = 'too short';
    file.pepper!.push({ ...file.pepper![0]! });
    file.surplus = [];
  });
  expect(keyringFaults(json, production).map((fault) => fault.setting)).toEqual([
    'keyring',
    'keyring.seal[0].id',
    'keyring.fingerprint[0].key',
    'keyring.pepper[1].id',
    'keyring.pepper[1].key',
    'keyring.audit',
    'keyring.cookie',
  ]);
});

test('one key for two purposes is refused', () => {
  const json = changed((file) => {
    file.cookie![0]!.key = file.seal![0]!.key;
  });
  expect(keyringFaults(json, { production: false })).toEqual([
    { setting: 'keyring.cookie[0].key', right: 'must not be the same key as keyring.seal[0]' },
  ]);
});

test.each(['', 'null', '[]', '"text"', '{"seal":', '{"seal": "SECRETSECRET'])(
  'what is no keyring file (%j) is refused without quoting it',
  (json) => {
    expect(() => parseKeyring(json)).toThrow(ConfigurationError);
    expect(JSON.stringify(keyringFaults(json, production))).not.toContain('SECRET');
  },
);

test('a fault never holds a value', () => {
  const secret = Buffer.alloc(31, 7).toString('base64');
  const json = JSON.stringify({ seal: [{ id: secret, key: secret, [secret]: secret }], [secret]: [] });
  const faults = JSON.stringify(keyringFaults(json, production));
  expect(faults).not.toContain(secret);
  expect(() => parseKeyring(json)).toThrow(expect.not.stringContaining(secret));
});
