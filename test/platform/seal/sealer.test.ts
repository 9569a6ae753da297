import { createCipheriv, createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseKeyring } from '../../../src/platform/seal/keyring.ts';
import { sampleKeyring } from '../../../src/platform/seal/sample-keys.ts';
import { makeSealer, SealBroken } from '../../../src/platform/seal/sealer.ts';

const ring = parseKeyring(sampleKeyring());
const older = ring;
const newer = parseKeyring(sampleKeyring(2));
const place = { table: 'person', column: 'name', row: '0190a000-0000-7000-8000-000000000001' };

describe('the algorithms of the sm suite are the standards', () => {
  test('SM3 of GB/T 32905-2016, annex A', () => {
    expect(createHash('sm3').update('abc').digest('hex')).toBe(
      '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0',
    );
    expect(createHash('sm3').update('abcd'.repeat(16)).digest('hex')).toBe(
      'debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732',
    );
  });

  test('SM4 of GB/T 32907-2016, annex A, also as the key stream of counter mode', () => {
    const key = Buffer.from('0123456789abcdeffedcba9876543210', 'hex');
    const block = createCipheriv('sm4-ecb', key, null).setAutoPadding(false);
    expect(block.update(key, undefined, 'hex')).toBe('681edf34d206965e86b3e94f536e4246');
    const stream = createCipheriv('sm4-ctr', key, key);
    expect(stream.update(Buffer.alloc(16), undefined, 'hex')).toBe('681edf34d206965e86b3e94f536e4246');
  });

  test('HMAC-SM3 is HMAC (RFC 2104) over SM3', () => {
    const key = Buffer.alloc(32, 0x0b);
    const pad = (byte: number) => Buffer.concat([key, Buffer.alloc(32)]).map((each) => each ^ byte);
    const inner = createHash('sm3').update(pad(0x36)).update('Hi There').digest();
    const outer = createHash('sm3').update(pad(0x5c)).update(inner).digest('hex');
    expect(createHmac('sm3', key).update('Hi There').digest('hex')).toBe(outer);
  });
});

describe.each(['aes', 'sm'] as const)('sealed with suite %s', (suite) => {
  const sealer = makeSealer(ring, suite);

  test('any text opens again in its own place', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string(),
        fc.string(),
        fc.string(),
        (plain, table, column, row) => {
          const text = plain.toWellFormed();
          const own = { table, column, row };
          expect(sealer.open(own, sealer.seal(own, text))).toBe(text);
        },
      ),
    );
  });

  test('a stored value opens when the driver hands it over as a view on other memory', () => {
    const sealed = sealer.seal(place, '扎西·顿珠');
    const memory = new Uint8Array(sealed.length + 20);
    memory.set(sealed, 7);
    expect(sealer.open(place, memory.subarray(7, 7 + sealed.length))).toBe('扎西·顿珠');
  });

  test('the same text never looks the same twice', () => {
    const values = new Set(Array.from({ length: 200 }, () => sealer.seal(place, 'same').toString('hex')));
    expect(values.size).toBe(200);
  });

  test('nothing of the text shows', () => {
    const sealed = sealer.seal(place, '54019919000101001X');
    expect(sealed.toString('latin1')).not.toContain('5401');
  });

  test('a change of any byte is noticed', () => {
    const sealed = sealer.seal(place, '54019919000101001X');
    for (let at = 0; at < sealed.length; at += 1) {
      const tampered = Buffer.from(sealed);
      tampered[at]! ^= 1;
      expect(() => sealer.open(place, tampered)).toThrow(SealBroken);
    }
  });

  test('a value cut short or lengthened is noticed', () => {
    const sealed = sealer.seal(place, '54019919000101001X');
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => sealer.open(place, sealed.subarray(0, length))).toThrow(SealBroken);
    }
    expect(() => sealer.open(place, Buffer.concat([sealed, Buffer.alloc(1)]))).toThrow(SealBroken);
  });

  test('a value moved to another row, column or table does not open', () => {
    const sealed = sealer.seal(place, 'secret');
    for (const elsewhere of [{ row: 'another' }, { column: 'phone' }, { table: 'client' }]) {
      expect(() => sealer.open({ ...place, ...elsewhere }, sealed)).toThrow(SealBroken);
    }
  });

  test('the parts of a place cannot flow into each other', () => {
    const sealed = sealer.seal({ table: 'ab', column: 'c', row: 'd' }, 'secret');
    expect(() => sealer.open({ table: 'a', column: 'bc', row: 'd' }, sealed)).toThrow(SealBroken);
    expect(() => sealer.open({ table: 'ab', column: '', row: 'cd' }, sealed)).toThrow(SealBroken);
  });

  test('random bytes are no sealed value', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        expect(() => sealer.open(place, bytes)).toThrow(SealBroken);
        expect(typeof sealer.keyId(bytes)).toBe('string');
      }),
    );
  });

  test('after rotation old values open, new ones carry the new key', () => {
    const before = makeSealer(older, suite);
    const after = makeSealer(newer, suite);
    const sealed = before.seal(place, 'kept');
    expect(after.open(place, sealed)).toBe('kept');
    expect(after.keyId(sealed)).toBe(before.currentKeyId);
    expect(after.keyId(after.seal(place, 'kept'))).toBe(after.currentKeyId);
    expect(after.currentKeyId).not.toBe(before.currentKeyId);
  });

  test('a value under a key that is not in the keyring says which key is missing and nothing else', () => {
    const sealed = makeSealer(newer, suite).seal(place, 'secret text');
    const open = () => makeSealer(older, suite).open(place, sealed);
    expect(open).toThrow(
      `person.name: a sealed value does not open: its key is not in the keyring (${suite}:sample-1)`,
    );
    expect(open).toThrow(expect.not.stringContaining('secret'));
    expect(open).toThrow(expect.not.stringContaining(place.row));
  });
});

test('each suite opens what the other sealed', () => {
  const aes = makeSealer(ring, 'aes');
  const sm = makeSealer(ring, 'sm');
  expect(aes.open(place, sm.seal(place, 'one'))).toBe('one');
  expect(sm.open(place, aes.seal(place, 'two'))).toBe('two');
  expect(aes.keyId(sm.seal(place, ''))).toBe('sm:sample-0');
});

test('relabelling a value as the other suite does not open it', () => {
  const sealed = makeSealer(ring, 'aes').seal(place, 'secret');
  sealed[0] = 2;
  expect(() => makeSealer(ring, 'aes').open(place, sealed)).toThrow(SealBroken);
});
