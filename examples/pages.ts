/** The sample departments' three pages, in three languages. */
import type { Department, Visitor } from './site.ts';
import { sayValue } from './values.ts';
import { CLAIMS, DEPARTMENTS, type Language, WORDS } from './words.ts';

const STYLE = `
@font-face{font-family:Tibetan;src:url(/tibetan.woff2);unicode-range:U+0F00-0FFF;font-display:block}
body{margin:0;font:1.0625rem/1.7 Tibetan,system-ui,"PingFang SC","Noto Sans CJK SC","Microsoft YaHei",sans-serif;color:#1d2733;background:#f4f6f8}
:lang(bo){line-height:1.9}:lang(bo) a{text-underline-offset:.45em}
header{background:#14532d;color:#fff;padding:1rem 1.25rem}.housing-fund header{background:#7c2d12}
header h1{font-size:1.25rem;margin:0}
main{max-width:42rem;margin:1.5rem auto;padding:1.25rem;background:#fff;border:1px solid #d5dce3;border-radius:.5rem}
h2{margin:.25rem 0}h3{margin:1rem 0 0}nav a{display:inline-flex;align-items:center;min-height:2.75rem;color:inherit;margin-right:1rem}a{color:#0b4f8a}
button,.button{display:inline-flex;align-items:center;font:inherit;min-height:2.75rem;padding:.25rem 1.25rem;border:0;border-radius:.375rem;background:#0b4f8a;color:#fff;text-decoration:none;cursor:pointer}
table{width:100%;border-collapse:collapse;margin:.5rem 0 1rem}th,td{text-align:left;vertical-align:top;padding:.375rem .5rem .375rem 0;border-bottom:1px solid #e3e8ed;overflow-wrap:anywhere}th{font-weight:600;width:45%}
th code,td code{display:block;font-size:.8125rem;font-weight:400;color:#5b6673}
@media(max-width:30rem){main{margin:0;border:0;border-radius:0}}`;

/** Claims that are protocol bookkeeping and tell a visitor nothing. */
const BOOKKEEPING = new Set(['nonce', 'at_hash', 'aud', 'exp', 'iat', 'iss', 'sid']);

export function homePage(department: Department, language: Language, visitor: Visitor | undefined): string {
  const words = WORDS[language];
  const neighbour = DEPARTMENTS[department.neighbour.key][language];
  const go = `<p><a href="${escapeHtml(department.neighbour.origin)}/login">${words.other} ${escapeHtml(neighbour)}</a></p>`;
  if (!visitor) {
    return page(
      department,
      language,
      `<p>${words.notSignedIn}</p><p><a class="button" href="/login">${words.login}</a></p>${go}`,
    );
  }
  return page(
    department,
    language,
    `<h2>${words.signedInAs}</h2><h3>${words.received}</h3><table>${rows(visitor, language)}</table>${go}
     <form method="post" action="/logout"><button>${words.logout}</button></form>`,
  );
}

/** What a visitor knows by name comes first; every row shows what it is called in the protocol, too. */
function rows({ claims }: Visitor, language: Language): string {
  const known = Object.keys(CLAIMS[language]);
  const rank = (name: string) => (known.includes(name) ? known.indexOf(name) : known.length);
  return Object.entries(claims)
    .filter(([name]) => !BOOKKEEPING.has(name))
    .sort(([one], [other]) => rank(one) - rank(other))
    .map(([name, value]) => {
      const word = CLAIMS[language][name] ?? '';
      return `<tr><th scope="row">${word}<code>${escapeHtml(name)}</code></th><td>${showValue(name, value, language)}</td></tr>`;
    })
    .join('');
}

export function signedOutPage(department: Department, language: Language): string {
  const words = WORDS[language];
  return page(
    department,
    language,
    `<p>${words.signedOut}</p><p><a class="button" href="/">${words.back}</a></p>`,
  );
}

export function errorPage(department: Department, language: Language, code: string): string {
  const words = WORDS[language];
  return page(
    department,
    language,
    `<h2>${words.error}</h2><p>${words.errorNext} <code>${escapeHtml(code)}</code></p><p><a class="button" href="/">${words.back}</a></p>`,
  );
}

/** For an answer that belongs to no sign-in of this browser, or to one that is over. */
export function overPage(department: Department, language: Language): string {
  const words = WORDS[language];
  return page(
    department,
    language,
    `<h2>${words.expired}</h2><p>${words.over}</p><p><a class="button" href="/login">${words.again}</a></p>`,
  );
}

function page(department: Department, language: Language, body: string): string {
  const title = escapeHtml(DEPARTMENTS[department.key][language]);
  // Without it a machine that has no Tibetan font shows empty boxes until the font is there.
  const font =
    language === 'bo'
      ? '<link rel="preload" as="font" type="font/woff2" crossorigin href="/tibetan.woff2">'
      : '';
  return `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${title}</title>${font}<style>${STYLE}</style></head><body class="${department.key}"><header><h1>${title}</h1>
<nav><a href="/?lang=zh-CN" lang="zh-CN">中文</a><a href="/?lang=bo" lang="bo">བོད་ཡིག</a><a href="/?lang=en" lang="en">English</a></nav></header>
<main>${body}</main></body></html>`;
}

/** In words, with what the protocol says below; as it is where there are no words for it. */
function showValue(name: string, value: unknown, language: Language): string {
  const words = sayValue(name, value, language);
  const raw = escapeHtml(show(value));
  return words === undefined ? raw : `${escapeHtml(words)}<code>${raw}</code>`;
}

const show = (value: unknown) =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);

const escapeHtml = (text: string) =>
  text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
