/**
 * Vectors made by other software: crypt(3) of PHP, `openssl passwd`, PHP's password_hash, Python's hashlib, hmac
 * and codecs. The phpass and lambdaworks scrypt rows with foreign passwords are those projects' own test values.
 */

/** Recipe, then pairs of password and stored value. */
export const SELF_DESCRIBING: Record<string, [password: string, stored: string][]> = {
  crypt: [
    ['Test@1234', '$1$saltsalt$DV9ftyAjDZsh4WhKM8Kme0'],
    ['Test@1234', '$1$ab$6Oe.uigLVXfNI92Z17Yw/0'],
    ['Test@1234', '$5$rounds=1000$roundsalt$1HZY.s4uQTDCXM1U6dd7ROYKD45zpSBVlsGSvZY3ex1'],
    ['Test@1234', '$5$saltstringsaltst$f/XqTPTnzaLeoAcYkxTRmF804u4bUAySjRtbuXC.xL9'],
    [
      'Test@1234',
      '$6$rounds=1400$anotherlongsalt$s0j/0U/LOOoIvk2ab7CnM1qGtaF42Hyi0yEI5Bn3/CSVK8oTbztC.RcmxT.BlFdb5T6a/6vr.cLOf9WwgRFnE0',
    ],
    [
      'Test@1234',
      '$6$s$L.yyr07SrL.4opoiWRSQZHFLsqYrhLv6cXwgEpMJhu0e3XWCw9YM7FvpxDfQZ2tMuXFpIJFDAwIgF0TGclZrZ/',
    ],
    ['Test@1234', '$2y$05$abcdefghijklmnopqrstuu.p62GDE24d6WuscatefNOOZPDbqCsDm'],
    ['Test@1234', '$apr1$q1w2e3r4$gVnFusX3E3pfRodBYddvp1'],
    ['Test@1234', '$1$zz$.5sFRcL.LH5pFPM1Yw.r11'],
    ['Test@1234', '$5$openssl$crHZdBPczIaBVhREIMVcc5iCdwGKl.tQWju3L.ewMS/'],
    [
      'Test@1234',
      '$6$opensslopenssl$sxT7MGM4yxOD81qaxx4nO3X8WNbxtNTdDhVyCqdYlKsEvhlljwhQqw5cs.XFwHqnl6Rpdi8f6uyLLP8UrHwP00',
    ],
    ['布达拉宫2008', '$1$saltsalt$Hn68Ij9SPRo7vpztL0Y/N/'],
    ['布达拉宫2008', '$1$ab$XTo7JrHaecEOcuv1i5sPQ.'],
    ['布达拉宫2008', '$5$rounds=1000$roundsalt$ABv8XtM0NrH8a0klan91vKT3z..fftde7bDalWK/9c4'],
    ['布达拉宫2008', '$5$saltstringsaltst$bJlzCgBxqnITIEVakRKcANbLWbvKBHC1oLaorI9TBf4'],
    [
      '布达拉宫2008',
      '$6$rounds=1400$anotherlongsalt$vhy1x3sczQ7lMYlrwc/f1SSqm6g6eJgEMIfjlJTB34tFdVaY09C8kKkBPuJSXjpj5X1PO8TiortmkciYkDOOs0',
    ],
    [
      '布达拉宫2008',
      '$6$s$I4/Tg45cInHgj8oLSpmBfexM9Tqpowe7Mz.tAHxhZ6S2syr8yKGe/0R9eDuucP40rHTYUP1.RL4hisSJpEP910',
    ],
    ['布达拉宫2008', '$2y$05$abcdefghijklmnopqrstuucdAiP5D6uy7PID6WQPYOoAcVSP0LDFe'],
    ['布达拉宫2008', '$apr1$q1w2e3r4$YYVa6jiB8NspcYM0cSoAf1'],
    ['布达拉宫2008', '$1$zz$7mqEtrdwMOH/hUbDi5wgy1'],
    ['布达拉宫2008', '$5$openssl$Dt53JQHnCoR2P1zphobBofh6QgvxU.1XllTl1CUNWp.'],
    [
      '布达拉宫2008',
      '$6$opensslopenssl$O4sUlu393EGtfsNHVPCZpXZ9aaPOcvFnkBye3Xom3E9BJmnr8nI40Bd30sFznGVRjNOc06A8S2/gZN8Q5PV8i1',
    ],
    ['x', '$1$saltsalt$4px9i58NU2Z2/vZOUlGjq.'],
    ['x', '$1$ab$e2KlfqG5YBMTjSz7XF.Eu1'],
    ['x', '$5$rounds=1000$roundsalt$YL74wkS6RGTIu1vzh1gbnNmen/Pd3f7mg1XvNO/fxxC'],
    ['x', '$5$saltstringsaltst$GJcDDr/LiUc9n4.lvpdc1ryQhVapvtYYB0IGJYN7hSA'],
    [
      'x',
      '$6$rounds=1400$anotherlongsalt$5Nas8ChghjQfpgPGNr13b6dKoz/EdQMYCoQiG3S4WhVI12Fxf1MYGrk6RGkvZKQe7K465HJVmoYqvwB9CV15q1',
    ],
    ['x', '$6$s$SBlV1TrR7m/.1RRLMAAvh/x6acOyBKfXVqXOixcaFNbUhqE84RFnq6y5mvfWTW8EA6yIr1RuWU8IRsKA/9jfE.'],
    ['x', '$2y$05$abcdefghijklmnopqrstuuhKF09ZYWwH2zP/0fwE1X8e/Q1YNx/hO'],
    ['x', '$apr1$q1w2e3r4$7qH4KF/3YYPEYXseaufvD1'],
    ['x', '$1$zz$I5H7gz98f0xPQCcZJ5yzF1'],
    ['x', '$5$openssl$VNMrMB9tMq6ZIHVk3HrPHU.cIteMTfUAjDgdHMcdtW6'],
    [
      'x',
      '$6$opensslopenssl$k.HoEpwTwQmPBOVdNXMRecmWK2J/CXWQlizoKI4eRyM24Am1ucxDLahlUxYCwcsnOv6V6xMrHjT8ImRRwCCal1',
    ],
    [
      'a rather long password that runs over more than sixty-four bytes so that blocks repeat',
      '$1$saltsalt$ioYBITKRYM6GLKtld9OiK0',
    ],
    [
      'a rather long password that runs over more than sixty-four bytes so that blocks repeat',
      '$1$ab$hp/3vhOieGEVNf6ttBeX1/',
    ],
    [
      'a rather long password that runs over more than sixty-four bytes so that blocks repeat',
      '$5$rounds=1000$roundsalt$VJqsz93ZDSGCtIq75T0vOqS/S0raZ9NlOv4NpULCA1C',
    ],
    [
      'a rather long password that runs over more than sixty-four bytes so that blocks repeat',
      '$5$saltstringsaltst$jJL4ZbKWLVoiZnvtGRnfN1HXdzcXyAjlfGv3nQoLgwA',
    ],
    [
      'a rather long password that runs over more than sixty-four bytes so that blocks repeat',
      '$6$rounds=1400$anotherlongsalt$ripjImdOYLVggZR.aEzg0ob20JLR9Pedh4pZzMb11evyYseX6ES0oXmdcmNtRfo4daPNzdB2K3SPXu/2mcdvx1',
    ],
    [
      'a rather long password that runs over more than sixty-four bytes so that blocks repeat',
      '$6$s$w.iCX5oiNxINBUXzOi0m4mS5zW8FHsJPj5hbBMwsNp8xfVUd38bZVrdbIK3KPyBprOtqCYmbuS62FpOk.HqI31',
    ],
    [
      'a rather long password that runs over more than sixty-four bytes so that blocks repeat',
      '$2y$05$abcdefghijklmnopqrstuutc583zvP0wGGxENXiGYaVfaSGYpQ0ni',
    ],
    [
      'a rather long password that runs over more than sixty-four bytes so that blocks repeat',
      '$apr1$q1w2e3r4$rw99x2FfLKRqMrHX4XL6C.',
    ],
    [
      'a rather long password that runs over more than sixty-four bytes so that blocks repeat',
      '$1$zz$MrSY2vFeaQuT0FdICqNRZ0',
    ],
    [
      'a rather long password that runs over more than sixty-four bytes so that blocks repeat',
      '$5$openssl$I07Qe0H6r58uPYu4bEfJKkzT/wYk/4y79tQjd0HCugC',
    ],
    [
      'a rather long password that runs over more than sixty-four bytes so that blocks repeat',
      '$6$opensslopenssl$uqYQlp6VG0G70RFCVaiiyKfIP7mars3V32pNDJ9cpeFsDF3ytxdmfPtvZEIOWQRXAavxKxoE7Czvo7srfOT5j/',
    ],
  ],
  phpass: [
    ['Test@1234', '$P$5abcdefghSVLHKZSd94/sBTbvVFv9r1'],
    ['布达拉宫2008', '$H$B12345678cXuluzOGpdPDpgS3pfWp3/'],
    ['test12345', '$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0'],
  ],
  django: [
    ['布达拉宫2008', 'pbkdf2_sha256$2600$QoX3sY$YVlgsoueHwUFvI114HvW9t8dz/vH0pUujrwJes0BGyo='],
    ['Test@1234', 'pbkdf2_sha1$1500$saltsalt$oxAQDKPSQguccqVXIinL6L3de88='],
    ['Test@1234', 'sha1$ab12c$66d8f41220af8e80cce6d1beb136e7e54b920f78'],
    ['Test@1234', 'md5$ab12c$3cd51e60a1aa6fc9f7860eaf4bb822d2'],
    [
      'Test@1234',
      'scrypt$1024$saltsalt$8$1$pDyMcYV/V3HLICcGoM1Irwk4NJyQz7+1Kuvkrcha9KvCRwMBGP/IOfuFq80ndPu5y2+ua5StKTmSApedW11MpQ==',
    ],
    ['Test@1234', 'bcrypt$$2b$04$abcdefghijklmnopqrstuu2PrSi0EHmsiyTgUtzQvjoWmlNQ8FL.G'],
    ['Test@1234', 'bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuu5o1Bbfok34CnJtYdjiuLF1Rh.18YAHO'],
    [
      'Test@1234',
      'argon2$argon2id$v=19$m=1024,t=2,p=1$djFJeDBVTTFjNWluWjBxSw$zp3e/QpNk4j/pT5ENSlA9yjYyNsDVvALX8KCrgJ/6wY',
    ],
  ],
  'aspnet-identity': [
    ['Test@1234', 'AAABAgMEBQYHCAkKCwwNDg8upE7xmCcqLbnN3vosKdd1InYjxy/eR6/hSMW5FqWVNw=='],
    ['布达拉宫2008', 'AQAAAAEAACcQAAAAEAABAgMEBQYHCAkKCwwNDg/2tojSIZQgPckQEB0yXstfXvGgd+EEpKixT0WyvWB/Mw=='],
    [
      'Test@1234',
      'AQAAAAIAAAPoAAAAIAABAgMEBQYHCAkKCwwNDg8AAQIDBAUGBwgJCgsMDQ4PF86OSV19G5XHMnRCfAkcjjyQfSou87U6TItXzVG79tE=',
    ],
    ['Test@1234', 'AQAAAAAAAAH0AAAAEAABAgMEBQYHCAkKCwwNDg8u+ebsRRGuC1SNlbRCi/KhGHOgSQ=='],
  ],
  spring: [
    ['Test@1234', '{bcrypt}$2a$04$abcdefghijklmnopqrstuu2PrSi0EHmsiyTgUtzQvjoWmlNQ8FL.G'],
    ['Test@1234', '$2y$04$abcdefghijklmnopqrstuu2PrSi0EHmsiyTgUtzQvjoWmlNQ8FL.G'],
    ['Test@1234', '{noop}Test@1234'],
    ['Test@1234', '{MD5}{k+/=}68e8c6f4e6fd742eb2b5dad73ebb8ddb'],
    ['Test@1234', '{MD5}12bce374e7be15142e8172f668da00d8'],
    ['Test@1234', '{SHA-1}{abc}865b50757c787873b0ed817290b651308d7acf19'],
    ['布达拉宫2008', '{SHA-256}{abc}d2340039ead7d72eccc220c91a2b4b79d4a6ffb05cfdf04ffac787590d605062'],
    ['Test@1234', '{sha256}00010203040506077c7195b65c3c4a9b5c0c81092485cd5f4c81405453eedf9f0c8a950faf4d106e'],
    ['Test@1234', '{pbkdf2}0001020304050607d81846c5b7e46b5be8d0789265a821a58506d673b5e530f23df87d576d7985da'],
    [
      'Test@1234',
      '{pbkdf2@SpringSecurity_v5_8}000102030405060708090a0b0c0d0e0ffb966894c1d9b055aa1d81dda31b78111ef3251d58c067fcb49c638eded7df62',
    ],
    [
      'Test@1234',
      '{scrypt}$e0801$AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg8AAQIDBAUGBwgJCgsMDQ4PAAECAwQFBgcICQoLDA0ODw==$TaA5nWEIG5Ycs39XVrAIUrLAWMjMKGKlLGbKa3tZ6ik=',
    ],
    [
      'Test@1234',
      '{scrypt@SpringSecurity_v5_8}$100801$AAECAwQFBgcICQoLDA0ODw==$T7jDe7PLYvm8WbSkLLRbfqg6yZpdt82Yoc2roPARyTc=',
    ],
    [
      'Test@1234',
      '{argon2}$argon2id$v=19$m=1024,t=2,p=1$djFJeDBVTTFjNWluWjBxSw$zp3e/QpNk4j/pT5ENSlA9yjYyNsDVvALX8KCrgJ/6wY',
    ],
    ['Test@1234', '{ldap}{SSHA}xeuFatIacehs+QQvyiT+7J+gHw5zYWx0'],
  ],
  ldap: [
    ['Test@1234', '{SSHA}MazgCn9csujKp/KdEmB1pRAInDRzYWx0c2FsdA=='],
    ['Test@1234', '{SHA}lLpp/dasfBV25LB5UUqgQASCKCQ='],
    ['Test@1234', '{SMD5}gwwxo26JTzT5NZEgM8gp02FiY2Q='],
    ['Test@1234', '{MD5}ErzjdOe+FRQugXL2aNoA2A=='],
    ['Test@1234', '{SSHA256}seFMVjOiHXwrlf25kzLjtDY1mm9UY4+rfX16BhjZbD0AAQIDBAUGBw=='],
    ['Test@1234', '{SHA256}hJ8Vdcz786TWzwDmxWQbf9TaLtPiEsLXm6kWGlpDL/A='],
    [
      'Test@1234',
      '{SSHA512}vcEF7vGiMPs90bg2+LohX4docuF6KKkcx1FXQ/dJZl2hn93mx75XsljxcvfRY9DTeD3+ekTH24wwPPbvUix0LwABAgMEBQYHCAkKCwwNDg8=',
    ],
    [
      'Test@1234',
      '{SHA512}tCRY3lUO+UgB598zd4xDbZO7eNOWLxAg82Wdt1tyy446S7dflyxQDVo2JvdPa2lDbVFbVaA0TEsp8orQy6VsOw==',
    ],
    ['Test@1234', '{SSHA384}j5dVXKS+VprD1T3eAlCZ3T5N4a8r6Z1ID3uiQXzbadXtImp/4A42hRYYv1ELi47pcQ=='],
    ['Test@1234', '{ssha}sGE51CvPtQxl+R21gKERjHCrttJhYmNk'],
    [
      'Test@1234',
      '{CRYPT}$6$abcdefgh$BACTYZB4pmkIUKVt.q/ZmOTyUCp8g4MRI67FEN1TKkTtHKL7BwFyCpOaDOoR30T1DakZltpwVtP.PVhszvfOr/',
    ],
    ['Test@1234', '{crypt}$1$abcdefgh$hBMKD3QfuyGBkMf.r6scF/'],
  ],
  scrypt: [
    ['secret', '$s0$e0801$epIxT/h6HbbwHaehFnh/bw==$7H0vsXlY8UxxyW/BWx/9GuY7jEvGjT71GFd6O4SZND0='],
    ['Test@1234', '$scrypt$ln=10,r=8,p=2$AAECAwQFBgcICQoLDA0ODw$t3I+HAmxPO6178POvlHomDFJu+Byg1VbHkamYEFKSwk'],
  ],
  argon2: [
    [
      'Test@1234',
      '$argon2id$v=19$m=1024,t=2,p=1$djFJeDBVTTFjNWluWjBxSw$zp3e/QpNk4j/pT5ENSlA9yjYyNsDVvALX8KCrgJ/6wY',
    ],
    [
      '布达拉宫2008',
      '$argon2i$v=19$m=1024,t=2,p=1$U1B0U0pEV3RTYlRjelFlYw$r9605DVTiAQsuT9RnbllocMLSR6DnDAVVbK0ejvtUhQ',
    ],
  ],
  wordpress: [
    ['Test@1234', '$wp$2y$04$abcdefghijklmnopqrstuuwOFzwgwESg7WEpZ6pd3qQBZ8yNEqGLe'],
    ['test12345', '$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0'],
  ],
  shiro1: [
    [
      'Test@1234',
      '$shiro1$SHA-256$5000$AAECAwQFBgcICQoLDA0ODw==$9LgkbBHIxdH0CSHJYEgSSDni/CP2hAFza/3LMZpG+eM=',
    ],
    [
      '布达拉宫2008',
      '$shiro1$SHA-512$3$AAECAwQFBgcICQoLDA0ODw==$BM9rRaiveZAZs0MjgK0ChaImDiBJUZpHgBvLmqnlcD/oxbU2CNVL+E9NXClPHxo3L6Gva0IDs5ltuRtLjHRGVA==',
    ],
    ['Test@1234', '$shiro1$MD5$2$$qM5wkYRePVKz1WieeLti5g=='],
  ],
};

/** Recipe, password, salt, user name, stored value. */
export const FORMULAS: [recipe: string, password: string, salt: string, userName: string, stored: string][] =
  [
    ['gbk(md5(p))', '布达拉宫2008', '', '', 'e166c92625f98a0549d99aeedff19963'],
    ['md5(gbk(p))', '布达拉宫2008', '', '', 'e166c92625f98a0549d99aeedff19963'],
    ['gbk(md5(u+p+s))', '布达拉宫2008', '盐', '扎西', 'e3fd2a7f40ddd1e29ade2c5926c2ab44'],
    ['md5(md5(gbk(p))+s)', '布达拉宫2008', 'abcdef', '', '07c3b0433520c9ccd9b55aa9c7dba3ab'],
    ['md5(utf16le(p))', '布达拉宫2008', '', '', 'be65c1996d751fb12c7ef748531ec442'],
    ['base64(raw(sha1(utf16le(p))))', '布达拉宫2008', '', '', '5pfq8/KY8JsXv9d0Sn2jyyUWvOE='],
    ['md5(base64(p))', 'Test@1234', '', '', '2b2c832a7cf81b2f635481c0dee034a3'],
    ['md5(base64(md5(p)))', 'Test@1234', '', '', 'c4aa73d783270cdc16cfaf080d169a46'],
    ['base64(md5(p))', 'Test@1234', '', '', 'MTJiY2UzNzRlN2JlMTUxNDJlODE3MmY2NjhkYTAwZDg='],
    ['sha1(raw(md5(p))+s)', 'Test@1234', 'abcdef', '', '7c9fca6eea13a59527a027dfe63e7a5ae0eade9e'],
    [
      'hmac_sha256(s,p)',
      'Test@1234',
      'abcdef',
      '',
      'bcdc7a1ac092fdc3f2d4eba82250306c6db5c4fc7b16b52deafb05f701621ce1',
    ],
    ['hmac_sha1("key",md5(p)+u)', 'Test@1234', '', 'u0001', '51eafcd95cd7d5e07e010a7400b96be647796114'],
    [
      'hmac_sm3(p,s)',
      'Test@1234',
      'abcdef',
      '',
      '2f7847b876cd678899e4ca30e4936a0e271c15278a792e77a76cb50691dc5883',
    ],
    [
      'repeat(3,sha256,s+p)',
      'Test@1234',
      'abcdef',
      '',
      'f7be2f6ca0efd783e5c10dbe4dbfc248a33604c9ccdb7a83042d51fafddf5be6',
    ],
    ['repeat_hex(3,md5,p)', 'Test@1234', '', '', '49ecc69ad4c4332ff784ef9575a7b3a6'],
    ['repeat(1,md5,p)', 'Test@1234', '', '', '12bce374e7be15142e8172f668da00d8'],
    [
      'repeat(5000,sha512,unhex(s)+p)',
      'Test@1234',
      '00ff',
      '',
      '867174184bf6ee6c39cdf555f7cd4384aa4b1bd3e20e52409aff40e15992e0301f00a9fc628bd86d71df1ead593553918fdec7253c1cefa0295d48a3c8c89984',
    ],
    [
      'sha256(unbase64(s)+p)',
      'Test@1234',
      'AP8=',
      '',
      '2af12c808f6450077eaa36c20a1675aa8eae027691820c412c86d8652a8eb586',
    ],
    ['sha1(lower(u)+":"+p)', 'Test@1234', '', 'ZhaXi', '878b0e28841a2cfcfe2be91ca43b8611a9e78bd5'],
    ['MD5(p)[8..24]', 'Test@1234', '', '', 'E7BE15142E8172F6'],
    ['md5(p[0..8])', 'Test@1234', '', '', 'f925916e2754e5e03f75dd58a5733251'],
    ['md5(p)[16..]', 'Test@1234', '', '', '2e8172f668da00d8'],
    ['md5(p+s[0..4])', 'Test@1234', 'abcdef', '', '830c31a36e894f34f935912033c829d3'],
    ['sha224(p)', 'Test@1234', '', '', '43c21023f40197a9e0e122d3d191fb2c101f664bf4a1cb4ca886dff7'],
    [
      'sha384(p)',
      'Test@1234',
      '',
      '',
      '04ae559fb85429553b33fbdf884748f8bac66ec823d0f82d55338c4520006105c2fb46d4fd2f857cbb3ba634bf37a53b',
    ],
    ['hex(raw(md5(p)))', 'Test@1234', '', '', '12bce374e7be15142e8172f668da00d8'],
    ['s+":"+md5(s+p)', 'Test@1234', 'abcdef', '', 'abcdef:04d8c6b3ff9141b02af9fb07a213ada6'],
    ['md5(p+s)+":"+s', 'Test@1234', 'abcdef', '', '136212b0b1be88c6aa9bd5cbf4efbb05:abcdef'],
    ['u+"$"+sha1(p+u)', 'Test@1234', '', 'u0001', 'u0001$2b790bf51d47b7533d38976fcfd26b37186639f5'],
    ['md5(sha1(p)+"fixed key")', 'Test@1234', '', '', '290c9d50443ffdeded7ae07c6ddc2079'],
    ['md5("\\"\\\\"+p)', 'Test@1234', '', '', '7e77d606eaca431ddab2985d50d263c4'],
    ['onethink("a\\"key")', 'Test@1234', '', '', 'b436637064da37439b2b95a57e628bdf'],
    ['thinkcmf("AuthCode")', 'Test@1234', '', '', '###f2868ea1058b1a0be5043c4a591d3aa0'],
    [
      'sm3-v1',
      'Test@1234',
      '',
      '',
      'sm3$v1$abcdef$3ba7c46bec6e8551acccc78debfc8096f28e0074c2b84a89957c7992b30c1b7e',
    ],
    ['mysql', 'Test@1234', '', '', '*B26F1F68545E03329BCF36B143376E1249C936CE'],
    ['renren', 'Test@1234', 'abcdef', '', '7fe628f8d07e621eb504d8a98d8dd19aee7d6736ca8218927ceda353b6fcd83c'],
    ['ecshop', 'Test@1234', '', '', '12bce374e7be15142e8172f668da00d8'],
    ['ecshop', 'Test@1234', '1234', '', 'ae83940e00cfde77a0e23aa1de42f362'],
    ['phpwind', 'Test@1234', '', '', '12bce374e7be15142e8172f668da00d8'],
    ['phpass', 'Test@1234', '', '', '$2a$04$abcdefghijklmnopqrstuu2PrSi0EHmsiyTgUtzQvjoWmlNQ8FL.G'],
  ];
