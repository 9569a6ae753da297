import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readIdentifier } from '../../src/interactions/identifier.ts';

const today = new Date('2026-11-23T04:00:00Z');
const read = (typed: string, type = '') => readIdentifier(typed, type, today);

describe('what somebody types to sign in with', () => {
  test.each([
    ['54019919000101001X', { kind: 'document', text: '54019919000101001X' }],
    ['54019919000101001x', { kind: 'document', text: '54019919000101001X' }],
    [' ５４０１９９１９０００１０１００１Ｘ ', { kind: 'document', text: '54019919000101001X' }],
    ['540199 19000101 001X', { kind: 'document', text: '54019919000101001X' }],
    ['13800000000', { kind: 'phone', text: '13800000000' }],
    ['+86 138 0000 0000', { kind: 'phone', text: '13800000000' }],
    ['Drolma.Lhasa', { kind: 'user-name', text: 'drolma.lhasa' }],
    ['卓玛', { kind: 'user-name', text: '卓玛' }],
  ])('%s is understood', (typed, expected) => {
    expect(read(typed)).toMatchObject({ ok: true, value: expected });
  });

  test('another document is what the person chose, never guessed', () => {
    expect(read('E00000010')).toMatchObject({ ok: true, value: { kind: 'user-name' } });
    expect(read('E00000010', 'prc-passport')).toMatchObject({
      ok: true,
      value: { kind: 'document', document: { type: 'prc-passport' } },
    });
    expect(read('810000190001010018', 'residence-permit')).toMatchObject({
      ok: true,
      value: { document: { type: 'residence-permit' } },
    });
  });

  test.each([
    ['', '', 'identifier-empty'],
    ['540199000101001', '', 'identifier-fifteen'],
    ['540199190001010010', '', 'document-check-digit'],
    ['5401991900010100', '', 'document-length'],
    ['x'.repeat(201), '', 'identifier-long'],
    ['54019919000101001X', 'driving-licence', 'document-type'],
    ['12', 'prc-passport', 'document-length'],
  ])('"%s" as "%s" is told as %s, at its field', (typed, type, code) => {
    const outcome = read(typed, type);
    expect(outcome).toMatchObject({ ok: false, failure: { code, status: 422 } });
    if (!outcome.ok) expect(['identifier', 'document_type']).toContain(outcome.failure.field);
  });

  test('nothing that can be typed breaks it, and no failure repeats what was typed', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.constantFrom('', 'prc-passport', 'foreign-passport', 'x'),
        (typed, type) => {
          const outcome = read(typed, type);
          // A piece of our own codes and field names may be typed by chance; numbers and names are never such a piece.
          const ours = /^[a-z_:,{}"-]+$/.test(typed.trim());
          if (!outcome.ok && typed.trim().length > 4 && !ours)
            expect(JSON.stringify(outcome.failure)).not.toContain(typed.trim());
        },
      ),
    );
  });
});
