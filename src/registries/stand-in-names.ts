/**
 * Invented names of the synthetic population: Tibetan names as Chinese records spell them, Han names, and
 * Latin ones from machine-readable zones. The same few elements recur very often, as they do in life.
 */
import type { Dice } from './stand-in-dice.ts';

export type Sex = 'male' | 'female';

/**
 * two, four, six: one to three given names run together; one, three, five: contracted or with a byword;
 * dotted: two names with a middle dot; dotted-long: three; han: family name first; compound: a family name
 * of two characters; rare: with a character outside the basic plane; traditional; latin.
 */
export type NameShape =
  | 'one'
  | 'two'
  | 'three'
  | 'four'
  | 'five'
  | 'six'
  | 'dotted'
  | 'dotted-long'
  | 'han'
  | 'compound'
  | 'rare'
  | 'traditional'
  | 'latin';

const list = (words: string): readonly string[] => words.split(' ');

const TIBETAN_ANY = list(
  '扎西 次仁 索朗 尼玛 达瓦 边巴 巴桑 普布 拉巴 米玛 格桑 洛桑 丹增 旦增 阿旺 强巴 白玛 嘎玛 仁增 益西 土登 次旦 贡嘎 江白 赤列 晋美 欧珠 琼达',
);
const TIBETAN_LAST: Record<Sex, readonly string[]> = {
  male: list('顿珠 多吉 平措 旺堆 罗布 加措 坚赞 群培 桑珠 旺久 占堆 热杰 班觉 朗杰'),
  female: list('卓玛 拉姆 央金 曲珍 玉珍 卓嘎 措姆 德吉 梅朵 白姆 央宗 仓决 旺姆 普赤'),
};
const ONE = list('旺 琼 达 扎 顿 嘎 央 仓');
const THIRD = list('吉 啦 措 加 才 姆');
const BYWORD = list('大 小');
const HAN_FAMILY = list('王 李 张 刘 陈 杨 黄 赵 周 吴 徐 孙 马 朱 胡 郭 何 高 林 罗 郑 梁 谢 宋 唐');
const HAN_COMPOUND = list('欧阳 司马 上官 诸葛 夏侯');
const HAN_GIVEN: Record<Sex, readonly string[]> = {
  male: list('建国 志强 伟 勇 军 明 德华 文博 永福 国栋 守仁 世昌 鹏 浩然 长庚'),
  female: list('秀英 桂兰 玉梅 芳 娜 静 淑贞 月娥 雪琴 巧云 慧 素芬 婉清 彩霞 莲'),
};
/** Four-byte characters of the table of general standard characters (extensions B to E). */
const RARE = list('𬀩 𬭎 𬱖 𫖯 𫍯 𬸣 𫓧 𬬭');
const TRADITIONAL_FAMILY = list('陳 張 黃 劉 鄭 葉 蔡 許 蕭 盧 鍾 譚');
const TRADITIONAL_GIVEN: Record<Sex, readonly string[]> = {
  male: list('大文 國強 偉倫 志豪 俊傑 啟賢 漢榮 澤霖'),
  female: list('美玲 慧嫻 麗華 淑儀 靜雯 詠詩 寶珠 雅慧'),
};
/** Family name first, as in machine-readable zones. */
const LATIN: Record<Sex, readonly string[]> = {
  male: "SMITH JOHN,O'BRIEN LIAM,TAMANG PASANG,SHARMA RAJ,TANAKA KENJI,MUELLER-LANG HANS,DUBOIS LUC".split(
    ',',
  ),
  female:
    "SHERPA SITA,O'NEILL MARY,GURUNG PEMA,TANAKA YUKI,IVANOVA ANNA,LOPEZ-GARCIA MARIA,DUBOIS CLAIRE".split(
      ',',
    ),
};

type Spell = (dice: Dice, sex: Sex) => string;

const four: Spell = (dice, sex) => dice.pick(TIBETAN_ANY) + dice.pick(TIBETAN_LAST[sex]);

const SPELLINGS: Record<NameShape, Spell> = {
  one: (dice) => dice.pick(ONE),
  two: (dice, sex) => (dice.below(2) === 0 ? dice.pick(TIBETAN_ANY) : dice.pick(TIBETAN_LAST[sex])),
  three: (dice) => dice.pick(TIBETAN_ANY) + dice.pick(THIRD),
  four,
  five: (dice, sex) => dice.pick(BYWORD) + four(dice, sex),
  six: (dice, sex) => dice.pickTwo(TIBETAN_ANY).join('') + dice.pick(TIBETAN_LAST[sex]),
  dotted: (dice, sex) => `${dice.pick(TIBETAN_ANY)}·${dice.pick(TIBETAN_LAST[sex])}`,
  'dotted-long': (dice, sex) => [...dice.pickTwo(TIBETAN_ANY), dice.pick(TIBETAN_LAST[sex])].join('·'),
  han: (dice, sex) => dice.pick(HAN_FAMILY) + dice.pick(HAN_GIVEN[sex]),
  compound: (dice, sex) => dice.pick(HAN_COMPOUND) + dice.pick(HAN_GIVEN[sex]),
  rare: (dice) => dice.pick(HAN_FAMILY) + dice.pick(RARE),
  traditional: (dice, sex) => dice.pick(TRADITIONAL_FAMILY) + dice.pick(TRADITIONAL_GIVEN[sex]),
  latin: (dice, sex) => dice.pick(LATIN[sex]),
};

export const spellName = (shape: NameShape, dice: Dice, sex: Sex): string => SPELLINGS[shape](dice, sex);

/** Shapes of citizens' names in parts of a hundred; 86 in 100 residents are Tibetan (census of 2020). */
const CITIZEN_SHAPES: readonly [NameShape, number][] = [
  ['four', 47],
  ['two', 15],
  ['three', 7],
  ['dotted', 9],
  ['six', 3],
  ['five', 3],
  ['one', 2],
  ['han', 11],
  ['compound', 1],
  ['rare', 1],
  ['dotted-long', 1],
];

export function drawCitizenShape(dice: Dice): NameShape {
  let left = dice.below(100);
  for (const [shape, share] of CITIZEN_SHAPES) {
    if (left < share) return shape;
    left -= share;
  }
  return 'four';
}
