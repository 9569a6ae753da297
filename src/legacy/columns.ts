/**
 * Proposes what the columns of an unknown table mean. Departments name columns by pinyin initials (sfzh: 身份证号), by
 * whole pinyin, in English or in Chinese; the same name is written with underscores, prefixes and in either case.
 */

/** What a column may be proposed for; the members of a declaration's `person`, and what an organisation's row has. */
export type Meaning =
  | 'localId'
  | 'userName'
  | 'name'
  | 'document'
  | 'documentType'
  | 'phone'
  | 'gender'
  | 'birthdate'
  | 'status'
  | 'deleted'
  | 'createdAt'
  | 'lastSignInAt'
  | 'password'
  | 'salt'
  | 'organisationName'
  | 'creditCode'
  | 'organisationCode'
  | 'registrationNumber'
  | 'representativeName'
  | 'representativeNumber';

/** Names without separators, in lower case. Where one stands twice, the first meaning is proposed. */
const NAMES: Record<Meaning, readonly string[]> = {
  localId: [
    'userid',
    'uid',
    'id',
    'yhid',
    'yhbh',
    'memberid',
    'accountid',
    'personid',
    'ryid',
    'dwbh',
    'qybh',
    'orgid',
    'corpid',
    '用户编号',
    '单位编号',
    '企业编号',
    '用户id',
    '编号',
    '主键',
  ],
  userName: [
    'username',
    'loginname',
    'loginid',
    'loginno',
    'account',
    'usercode',
    'yhm',
    'yhzh',
    'dlm',
    'dlzh',
    'dlmc',
    'zhanghao',
    'uname',
    '用户名',
    '登录名',
    '登录账号',
    '账号',
  ],
  name: [
    'realname',
    'truename',
    'nickname',
    'fullname',
    'xm',
    'xingming',
    'yhxm',
    'ryxm',
    'name',
    'personname',
    'cn',
    '姓名',
    '真实姓名',
    '名字',
  ],
  document: [
    'sfzh',
    'sfzhm',
    'sfz',
    'zjhm',
    'zjh',
    'gmsfhm',
    'gmsfzh',
    'shfzh',
    'idcard',
    'idcardno',
    'idno',
    'idnumber',
    'cardno',
    'certno',
    'certnum',
    'certificateno',
    'identitycard',
    'shenfenzheng',
    '身份证号',
    '身份证号码',
    '证件号码',
    '公民身份号码',
    '证件号',
  ],
  documentType: ['zjlx', 'zjlb', 'zjlxdm', 'cardtype', 'certtype', 'idtype', '证件类型', '证件种类'],
  phone: [
    'sjh',
    'sjhm',
    'lxdh',
    'yddh',
    'phone',
    'phonenumber',
    'mobile',
    'mobilephone',
    'mobileno',
    'cellphone',
    'telephone',
    'tel',
    'dh',
    'shouji',
    'shoujihao',
    '手机',
    '手机号',
    '手机号码',
    '联系电话',
    '移动电话',
  ],
  gender: ['xb', 'xbdm', 'sex', 'gender', 'xingbie', '性别'],
  birthdate: [
    'csrq',
    'csny',
    'birthday',
    'birthdate',
    'birth',
    'dateofbirth',
    'chushengriqi',
    '出生日期',
    '出生年月',
    '生日',
  ],
  status: [
    'status',
    'state',
    'enabled',
    'zt',
    'yhzt',
    'zhzt',
    'zhuangtai',
    'userstatus',
    'islocked',
    'lockflag',
    '状态',
    '账号状态',
  ],
  deleted: [
    'delflag',
    'deleted',
    'isdelete',
    'isdeleted',
    'isdel',
    'scbz',
    'scbj',
    'yxbz',
    '删除标志',
    '是否删除',
  ],
  createdAt: [
    'createtime',
    'createdat',
    'createdate',
    'createdtime',
    'gmtcreate',
    'regdate',
    'regtime',
    'registertime',
    'cjsj',
    'cjrq',
    'zcsj',
    'zcrq',
    '创建时间',
    '注册时间',
  ],
  lastSignInAt: [
    'logindate',
    'lastlogintime',
    'lastlogin',
    'lastlogindate',
    'lastlogindatetime',
    'zhdlsj',
    'dlsj',
    '最后登录时间',
    '登录时间',
  ],
  password: [
    'password',
    'passwd',
    'pwd',
    'userpassword',
    'userpwd',
    'mm',
    'yhmm',
    'dlmm',
    'kl',
    'mima',
    'passwordhash',
    'loginpwd',
    'loginpassword',
    '密码',
    '口令',
    '登录密码',
  ],
  salt: ['salt', 'passwordsalt', 'pwdsalt', 'ecsalt', 'encrypt', 'yan', 'mmy', '盐', '盐值', '加密盐'],
  organisationName: [
    'dwmc',
    'qymc',
    'jgmc',
    'frmc',
    'companyname',
    'company',
    'orgname',
    'enterprisename',
    'corpname',
    'dwqc',
    'qyqc',
    'jgqc',
    'frdwmc',
    'entname',
    'unitname',
    '单位名称',
    '企业名称',
    '机构名称',
    '企业机构名称',
  ],
  creditCode: [
    'tyshxydm',
    'shxydm',
    'xydm',
    'tyxydm',
    'xydm18',
    'tyshxydmzh',
    'qyxydm',
    'uniscid',
    'uscid',
    'uscc',
    'creditcode',
    'socialcreditcode',
    'unifiedcode',
    '统一社会信用代码',
    '社会信用代码',
  ],
  organisationCode: [
    'zzjgdm',
    'zzjgdmh',
    'zzjgdmz',
    'jgdm',
    'organizationcode',
    'organisationcode',
    '组织机构代码',
    '组织机构代码证号',
  ],
  registrationNumber: [
    'zch',
    'gszch',
    'qyzch',
    'gsdjh',
    'yyzzh',
    'yyzzzch',
    'yyzzhm',
    'regno',
    'registrationno',
    'registrationnumber',
    'licenseno',
    'businesslicense',
    'businesslicenseno',
    '注册号',
    '工商注册号',
    '企业注册号',
    '营业执照号',
    '营业执照注册号',
  ],
  representativeName: [
    'frxm',
    'fddbr',
    'fddbrxm',
    'frdb',
    'frdbxm',
    'fzr',
    'fzrxm',
    'fr',
    'legalperson',
    'legalname',
    'legalrepresentative',
    '法人姓名',
    '法定代表人',
    '法定代表人姓名',
    '法人代表',
    '负责人',
    '法人',
  ],
  representativeNumber: [
    'frsfz',
    'frsfzh',
    'frzjhm',
    'fddbrsfz',
    'fddbrsfzh',
    'fddbrzjhm',
    'frdbsfzh',
    'fzrsfzh',
    'frzjh',
    'legalidcard',
    'legalcertno',
    '法人身份证号',
    '法定代表人身份证号',
  ],
};

const PREFIXES = /^(f|c|t|s|fd|col|field|user|yh|u|member|m)(?=.{3})/;

const MEANING_OF = new Map<string, Meaning>();
for (const [meaning, names] of Object.entries(NAMES) as [Meaning, readonly string[]][])
  for (const name of names) if (!MEANING_OF.has(name)) MEANING_OF.set(name, meaning);

export interface Proposal {
  column: string;
  meaning: Meaning;
  /** Whether the name is one of the dictionary as it stands, or only without what looks like a prefix. */
  sure: boolean;
}

/**
 * One proposal per meaning at most, in the order of the columns; a column that says nothing gets none. Names in the
 * dictionary go before names that only fit without a prefix.
 */
export function proposeColumns(columns: readonly string[]): Proposal[] {
  const proposals: Proposal[] = [];
  const taken = new Set<Meaning>();
  for (const sure of [true, false]) {
    for (const column of columns) {
      if (proposals.some((made) => made.column === column)) continue;
      const bare = bareName(column);
      const meaning = MEANING_OF.get(sure ? bare : bare.replace(PREFIXES, ''));
      if (meaning === undefined || taken.has(meaning)) continue;
      taken.add(meaning);
      proposals.push({ column, meaning, sure });
    }
  }
  return proposals.sort((one, other) => columns.indexOf(one.column) - columns.indexOf(other.column));
}

/** Without what names are written apart with, in lower case and half width. */
const bareName = (column: string): string =>
  column
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s_.\-:"'`[\]()]+/g, '');
