/** $P$ and $H$: the portable hash of phpass (Solar Designer), in WordPress before 6.8, phpBB 3 and others. */
import { CRYPT_DIGITS, cryptDigits } from '../binary-text.ts';
import { CEILINGS, SLOW_STEPS } from '../ceilings.ts';
import { digestOf, giveWay, STEPS_IN_A_ROW } from '../digest.ts';
import { fits } from '../stored.ts';
import { selfDescribing, tooCostly } from './self-describing.ts';

const STORED = /^(\$[PH]\$[./0-9A-Za-z][^$:\s]{8})([./0-9A-Za-z]{22})$/;
const SETTING = /^\$[PH]\$([./0-9A-Za-z])([^$:\s]{8})$/;
/** phpass itself takes nothing below. */
const LEAST_COST = 7;

export const phpass = selfDescribing({
  shape: '$P$ or $H$ and 31 characters',
  marks: ['$P$', '$H$'],
  cut(stored) {
    const [, setting, hash] = STORED.exec(stored) ?? [];
    return setting && hash ? { setting, hash } : undefined;
  },
  open(setting) {
    const [, digit, salt] = SETTING.exec(setting) ?? [];
    const cost = digit === undefined ? -1 : CRYPT_DIGITS.indexOf(digit);
    if (salt === undefined || cost < LEAST_COST) return undefined;
    if (cost > CEILINGS.phpassCost) return tooCostly('phpass cost', CEILINGS.phpassCost);
    const times = 2 ** cost;
    return fits({
      slow: times > SLOW_STEPS,
      derive: (password) => phpassOf(password, Buffer.from(salt), times),
    });
  },
});

async function phpassOf(password: Buffer, salt: Buffer, times: number): Promise<string> {
  let last = digestOf('md5', Buffer.concat([salt, password]));
  const room = Buffer.concat([last, password]);
  for (let step = 1; step <= times; step++) {
    last.copy(room);
    last = digestOf('md5', room);
    if (step % STEPS_IN_A_ROW === 0) await giveWay();
  }
  let text = '';
  for (let at = 0; at < 15; at += 3)
    text += cryptDigits(last[at]! | (last[at + 1]! << 8) | (last[at + 2]! << 16), 4);
  return text + cryptDigits(last[15]!, 2);
}
