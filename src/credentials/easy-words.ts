/**
 * Words that people here build passwords from, written down by hand: the usual English ones, pinyin of
 * everyday phrases, names and places, Tibetan names as they are romanised, lucky numbers and the walks of a
 * finger over the keyboard. `guessing.ts` combines them with years, capitals, look-alike digits and
 * decoration, so a few hundred words stand for many millions of passwords.
 */
const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');

/** Syllables are often typed without the mark between them. */
function withoutTsheg(list: string[]): string[] {
  return [...new Set(list.flatMap((word) => [word, word.replaceAll('་', '')]))];
}

/** Each of these is among the first few hundred words anyone tries. */
export const EASY_WORDS: readonly string[] = words(`
  password passwd passw pass word admin administrator admins root user users guest login signin welcome letmein
  monkey dragon master love lover iloveyou ilove you sunshine princess football baseball basketball superman batman
  shadow michael jordan hello world freedom whatever trustno secret test testing tester demo temp change changeme
  default system server oracle mysql redis linux windows office computer internet network google apple iphone
  samsung huawei xiaomi lenovo oppo vivo baidu tencent alibaba taobao tmall jingdong weixin wechat weibo alipay
  douyin qzone game games happy lucky money angel baby summer winter spring autumn flower star moon king queen
  china chinese tibet tibetan potala himalaya everest qomolangma plateau snowlion yak
  manager operator support service helpdesk security private public access account register citizen government
  number one two three four five six seven eight nine zero abcd abc xyz asdf qwer zxcv qaz wsx edc rfv tgb yhn ujm
  qazwsx wsxedc qweasd qweasdzxc asdzxc zaq xsw zaqxsw poiu lkjh mnbv

  mima denglu zhuce yonghu yonghuming guanli guanliyuan zhanghao zhanghu xitong ceshi moren shouji haoma dianhua
  woaini woaiwo woaiwojia woaibaobei woaizhongguo woaixizang aini woshi wode wodemima nihao nimen women tamen
  xihuan meiyou bukeneng buzhidao zhidao jiushi shenme weishenme
  laopo laogong laoshi xuesheng yisheng gongan jingcha jiefangjun renmin minzu tuanjie hexie wending
  zhongguo zhonghua beijing shanghai tianjin chongqing guangzhou shenzhen chengdu kunming lanzhou xining sichuan
  qinghai gansu yunnan xizang lasa lhasa rikaze xigaze shigatse changdu qamdo chamdo linzhi nyingchi shannan lhoka
  naqu nagqu nagchu ali ngari jiangzi gyantse bulagong budala bulagongdian buda lacuo namucuo yamdrok qiangtang
  zangzu zangwen hanzu hada qingke suyou tiancha
  zhengfu zhengwu shebao yibao gongjijin minzheng shuiwu yiliao jiankang yiliaobao shehui baozhang
  xingfu meili pingan facai gongxi fuqi kuaile shengri shengrikuaile xinnian xinniankuaile chunjie jiayou xiexie
  jixiang ruyi daji daji dali wanshi shunli fada baofu baobei baobao mama baba yeye nainai gege didi jiejie meimei
  erzi nver haizi jiaren pengyou tongxue qinaide xiaobao dabao erbao xiaomao xiaogou xiaozhu
  shabi caonima nima tamade wangba hundan laozi nainaide
  tashi zhaxi drolma dolma zhuoma droma tenzin danzeng tenzing tsering ciren cering norbu luobu nuobu dorje duoji
  pema baima pasang basang lobsang luosang losang dawa lhamo lamu sonam suolang suonan gesang kalsang gelsang
  yangzom yangzong yangjin metok meiduo jigme jinmei ngawang awang wangdui wangdu phuntsok pingcuo puncog tsomo
  cuomo quzhen choezom quzong dekyi deji yudron yuzhen nyima niima penba bianba tsewang ciwang rinchen renqing
  rinqen delek dele tashidelek zhaxidele tujeche tuojiqie kunga gongga thupten tudan karma gama samten sangye
  sangjie gyatso jiacuo gyaltsen jiancan dhondup dunzhu namgyal langjie choden quni yeshe yixi tsultrim chilie
`);

/** Family names that most people in the country share, and syllables of given names. Cheap, because they come in pairs. */
export const NAME_SYLLABLES: readonly string[] = words(`
  wang li zhang liu chen yang zhao huang zhou wu xu sun hu zhu gao lin he guo ma luo liang song zheng xie han tang
  feng yu dong xiao cheng cao yuan deng xv fu shen zeng peng lv su lu jiang cai jia ding wei xue ye yan pan du dai
  xia zhong tian ren fang shi yao tan liao zou xiong jin hao kong bai cui kang mao qiu qin gu hou shao meng long
  wan duan lei qian yin yi chang wen na min jing qiang jun yong jie juan tao ming chao xiu ping gang ling hong mei
  lan rong xin ting ying hui fei bo bin hai kai kun le lian na nan ning peng qi rui shan shu tong wei xiang ya zhi
  zi han hao chen xuan yi yu xi meng jia qing lili fangfang nana jingjing tingting weiwei meimei lingling
`);

/** Words in their own scripts. */
export const EASY_CHARACTERS: readonly string[] = withoutTsheg(
  words(`
  密码 口令 登录 用户 管理员 我爱你 我爱 你好 中国 中华 人民 政府 西藏 拉萨 日喀则 昌都 林芝 山南 那曲 阿里 北京 上海
  扎西德勒 扎西 卓玛 吉祥 如意 平安 幸福 快乐 生日 宝贝 老婆 老公 妈妈 爸爸 恭喜 发财 一二三四 一二三 社保 公积金
  བོད བོད་ལྗོངས བོད་རིགས ལྷ་ས གཞིས་ཀ་རྩེ ཆབ་མདོ ཉིང་ཁྲི ལྷོ་ཁ ནག་ཆུ མངའ་རིས བཀྲ་ཤིས བདེ་ལེགས བཀྲ་ཤིས་བདེ་ལེགས གསང་གྲངས གསང་ཨང
  རྡོ་རྗེ ཚེ་རིང སྒྲོལ་མ ཉི་མ ཟླ་བ པད་མ བསོད་ནམས ནོར་བུ དབང་འདུས རིན་ཆེན
`),
);

/** Numbers with a meaning: love (520, 1314), luck (168, 888), telephone numbers everyone knows. */
export const EASY_NUMBERS: readonly string[] = words(`
  520 521 1314 5201314 5211314 1314520 1314521 168 1688 518 5188 588 618 666 668 688 777 788 888 886 998 999 007
  110 119 120 122 114 10086 10010 10000 95588 95533 12306 12345 12333 12329 12348 147258 147258369 159357 258369
  741852 789456 456789 123 1234 12345 123456 321 654321 112233 121212 123123 369 147 258 314159 0891 0892 0893 0894
  0895 0896 0897 1949 1951 1959 1965 2008 2022
`);

/** Rows of keys; a walk along one, forwards or backwards, is one idea however long. */
export const KEY_ROWS: readonly string[] = [
  '1234567890-=',
  '!@#$%^&*()_+',
  'qwertyuiop[]',
  "asdfghjkl;'",
  'zxcvbnm,./',
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/',
  '!qaz@wsx#edc$rfv%tgb^yhn&ujm*ik<(ol>)p:?',
  'zaq12wsxcde34rfvbgt56yhnmju78',
  'qazwsxedcrfvtgbyhnujmikolp',
  'q1w2e3r4t5y6u7i8o9p0',
  'q!w@e#r$t%y^u&i*o(p)',
  '1q2w3e4r5t6y7u8i9o0p',
  'ཀཁགངཅཆཇཉཏཐདནཔཕབམཙཚཛཝཞཟའཡརལཤསཧཨ',
  'a1b2c3d4e5f6g7h8i9',
  '1a2b3c4d5e6f7g8h9i',
];
