import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  maskDocument,
  maskIdentifier,
  maskName,
  maskPhone,
  maskTibetanName,
} from '../../src/accounts/mask.ts';

test.each([
  ['54019919000101001X', '5****************X', '540*************1X'],
  ['USA540000010101', 'U*************1', 'USA**********01'],
  ['H12345678', 'H*******8', 'H******78'],
  ['12345678', '1******8', '1*****78'],
  ['A12', '***', '***'],
  ['A123', 'A**3', 'A**3'],
])('number %s: %s on public pages, %s to the owner', (number, open, own) => {
  expect(maskDocument('citizen-number', number, 'public')).toBe(open);
  expect(maskDocument('citizen-number', number, 'owner')).toBe(own);
});

test('phone numbers keep three and four', () => {
  expect(maskPhone('13800000000')).toBe('138****0000');
  expect(maskPhone('1234')).toBe('****');
});

test.each([
  ['卓玛', '*玛'],
  ['扎西·多杰', '**·*杰'],
  ['次仁多吉', '***吉'],
  ['旺', '*'],
  ['𠀀𫝀', '*𫝀'],
  ['JOHN SMITH', '**** ****H'],
])('name %s is shown as %s', (name, masked) => {
  expect(maskName(name)).toBe(masked);
});

test.each([
  ['7', '*'],
  ['A-7', '***'],
  ['u0001', 'u***1'],
  ['gaoyuan', 'g****an'],
  ['gaoyuan2016', 'gao******16'],
  ['13800000000', '138****0000'],
  ['高原雄鹰', '高**鹰'],
  ['e\u0301toile', 'e\u0301***le'],
  ['བཀྲ་ཤིས་དོན་གྲུབ', '***་གྲུབ'],
  [`${'x'.repeat(200)}yz`, 'xxx********yz'],
])('an id or user name %s is shown to its owner as %s', (text, masked) => {
  expect(maskIdentifier(text)).toBe(masked);
});

test.each([
  ['སྒྲོལ་ལ', '***་ལ'],
  ['བཀྲ་ཤིས་དོན་གྲུབ།', '***་གྲུབ'],
  ['པད', '***'],
])('Tibetan name %s is shown as %s, never cut inside a stack', (name, masked) => {
  expect(maskTibetanName(name)).toBe(masked);
});

describe('whatever is masked', () => {
  test('keeps its length, and at least half stays hidden', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[0-9A-Z]{1,18}$/),
        fc.constantFrom('public', 'owner'),
        (number, view) => {
          const masked = maskDocument('foreign-passport', number, view as 'public' | 'owner');
          expect(masked).toHaveLength(number.length);
          expect(masked.split('*').length - 1).toBeGreaterThanOrEqual(number.length / 2);
        },
      ),
    );
  });
});
