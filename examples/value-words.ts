/** What claims hold, in plain words of three languages: those of Yihao's own pages. */
import type { Language } from './words.ts';

interface ValueWords {
  gender: Record<string, string>;
  id_number_type: Record<string, string>;
  locale: Record<string, string>;
  channel: Record<string, string>;
  methods: Record<string, string>;
  answer: { yes: string; no: string };
  /** Of the identity levels 1 to 5. */
  identity: string[];
  between: string;
  colon: string;
  semicolon: string;
  day: (year: number, month: number, day: number) => string;
}

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);

export const VALUES: Record<Language, ValueWords> = {
  'zh-CN': {
    gender: { female: '女', male: '男' },
    id_number_type: {
      'citizen-number': '居民身份证',
      'residence-permit': '港澳台居民居住证',
      'foreigner-permanent-residence': '外国人永久居留身份证',
      'prc-passport': '中国护照',
      'foreign-passport': '外国护照',
      'hk-macao-travel-permit': '港澳居民来往内地通行证',
      'taiwan-travel-permit': '台湾居民来往大陆通行证',
    },
    locale: { 'zh-CN': '中文', bo: '藏文', en: '英文' },
    channel: { web: '网站' },
    methods: { pwd: '密码', sms: '短信验证码', kba: '证件号码后四位' },
    answer: { yes: '是', no: '否' },
    identity: [
      '一级（手机号）',
      '二级（自行填写的姓名和号码）',
      '三级（与人口库核对一致）',
      '四级（本人当面或人脸核验）',
      '五级（窗口持证件核验）',
    ],
    between: '、',
    colon: '：',
    semicolon: '；',
    day: (year, month, day) => `${year}年${month}月${day}日`,
  },
  bo: {
    // ཕོ་མོ།, "sex", in its two halves.
    gender: { female: 'མོ།', male: 'ཕོ།' },
    id_number_type: {
      'citizen-number': 'སྡོད་དམངས་ཐོབ་ཐང་ལག་ཁྱེར།',
      'residence-permit': 'ཤང་ཀང་དང་ཨའོ་མོན། ཐའེ་ཝན་བཅས་ཀྱི་སྡོད་དམངས་གནས་སྡོད་ལག་ཁྱེར།',
      'foreigner-permanent-residence': 'ཕྱི་རྒྱལ་བའི་ཡུན་གཏན་གནས་སྡོད་ཐོབ་ཐང་ལག་ཁྱེར།',
      'prc-passport': 'ཀྲུང་གོའི་ཕྱི་བསྐྱོད་ལག་ཁྱེར།',
      'foreign-passport': 'ཕྱི་རྒྱལ་གྱི་ཕྱི་བསྐྱོད་ལག་ཁྱེར།',
      'hk-macao-travel-permit': 'ཤང་ཀང་དང་ཨའོ་མོན་སྡོད་དམངས་ནང་སར་འགྲོ་འོང་ལག་ཁྱེར།',
      'taiwan-travel-permit': 'ཐའེ་ཝན་སྡོད་དམངས་སྐམ་སར་འགྲོ་འོང་ལག་ཁྱེར།',
    },
    locale: { 'zh-CN': 'རྒྱ་ཡིག', bo: 'བོད་ཡིག', en: 'དབྱིན་ཡིག' },
    channel: { web: 'དྲ་ཚིགས།' },
    methods: {
      pwd: 'གསང་ཨང་།',
      sms: 'འཕྲིན་ཐུང་གི་ར་སྤྲོད་ཨང་རྟགས།',
      kba: 'ལག་ཁྱེར་ཨང་གྲངས་ཀྱི་མཇུག་གི་ཨང་བཞི།',
    },
    answer: { yes: 'ཡིན།', no: 'མིན།' },
    identity: [
      'དང་པོ། (ཁ་པར་ཨང་གྲངས།)',
      'གཉིས་པ། (རང་གིས་བྲིས་པའི་མིང་དང་ཨང་གྲངས།)',
      'གསུམ་པ། (མི་འབོར་གཞི་གྲངས་མཛོད་དང་བསྡུར་ནས་མཐུན་པ།)',
      'བཞི་པ། (རང་ཉིད་ངོ་ཐུག་གམ་ངོ་གདོང་ར་སྤྲོད།)',
      'ལྔ་པ། (སྒེའུ་ཁུང་དུ་ལག་ཁྱེར་ཁྱེར་ནས་ར་སྤྲོད།)',
    ],
    // Each ends with its own shad.
    between: ' ',
    colon: ' ',
    semicolon: ' ',
    day: (year, month, day) => `${year}ལོའི་ཟླ་${month}པའི་ཚེས་${day}`,
  },
  en: {
    gender: { female: 'Female', male: 'Male' },
    id_number_type: {
      'citizen-number': 'Resident ID card',
      'residence-permit': 'Residence permit for Hong Kong, Macao and Taiwan residents',
      'foreigner-permanent-residence': 'Foreign permanent resident ID card',
      'prc-passport': 'Chinese passport',
      'foreign-passport': 'Foreign passport',
      'hk-macao-travel-permit': 'Mainland travel permit for Hong Kong and Macao residents',
      'taiwan-travel-permit': 'Mainland travel permit for Taiwan residents',
    },
    locale: { 'zh-CN': 'Chinese', bo: 'Tibetan', en: 'English' },
    channel: { web: 'Website' },
    methods: { pwd: 'Password', sms: 'SMS code', kba: 'last four characters of the document number' },
    answer: { yes: 'Yes', no: 'No' },
    identity: [
      '1 (mobile number)',
      '2 (name and number as you entered them)',
      '3 (matches the population register)',
      '4 (checked in person or by face)',
      '5 (checked at the counter with the card)',
    ],
    between: ', ',
    colon: ': ',
    semicolon: '; ',
    day: (year, month, day) => `${day} ${MONTHS[month - 1]} ${year}`,
  },
};
