import type { Wording } from '../wording.ts';

/**
 * Texts in Tibetan, after the glossary of the pages; a native reader must approve them before they are filed.
 * A code's text must stay within 56 units, which leaves room for a short sentence of each kind only.
 */
export const tibetan: Wording = {
  'code.sign-in': '{code} ཐོ་འཇུག་ཨང་རྟགས། སྐར་མ་{minutes}ནང་གོ་ཆོད། གཞན་ལ་མ་ཤོད།',
  'code.register': '{code} ཐོ་འགོད་ཨང་རྟགས། སྐར་མ་{minutes}ནང་གོ་ཆོད། གཞན་ལ་མ་ཤོད།',
  'code.step-up': '{code} བདེ་འཇགས་ཨང་རྟགས། སྐར་མ་{minutes}ནང་གོ་ཆོད། གཞན་ལ་མ་ཤོད།',
  'code.claim': '{code} རྩིས་རྙིང་ཨང་། སྐར་མ་{minutes}ནང་གོ་ཆོད། གཞན་ལ་མ་ཤོད།',
  'registration-finished': 'ཁྱེད་ཀྱི་ཐོ་འགོད་གྲུབ་ཟིན། ད་ལྟ་ཐོ་འཇུག་བྱས་ཆོག',
  'registration-refused': 'ཁྱེད་ཀྱི་ཐོ་འགོད་ཐུབ་མ་སོང་། ཆ་འཕྲིན་ཞིབ་བཤེར་བྱས་རྗེས་ཡང་བསྐྱར་ཐོ་འགོད་གནང་རོགས།',
  'password-changed': 'ཁྱེད་ཀྱི་གསང་ཨང་བཅོས་ཟིན། ཁྱེད་རང་གིས་བཅོས་པ་མིན་ན། འཕྲལ་དུ་གསང་ཨང་བསྐྱར་སྒྲིག་གནང་རོགས།',
};
