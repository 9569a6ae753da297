/** The stand-in register's lists of people and enterprises, to read or to fetch. Trial only; nobody in it lives. */
import type { Enterprises, RegisteredEnterprise } from './stand-in-enterprises.ts';
import type { Population, RegisteredPerson } from './stand-in-population.ts';
import type { Switches } from './stand-in-switches.ts';

const STYLE = `
  :root { color-scheme: light dark; }
  body { font: 1rem/1.6 system-ui, "Noto Sans CJK SC", sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { border-bottom: 1px solid #8886; padding: .45rem .6rem; text-align: left; vertical-align: top; }
  td.number { font-family: ui-monospace, monospace; white-space: nowrap; }
  .scroll { overflow-x: auto; }
  .off { color: light-dark(#a40000, #ff8a80); }
  td:nth-child(4) { white-space: nowrap; }
  code { background: #8882; padding: .1rem .3rem; }`;

const TYPE_NAMES: Record<string, string> = {
  'citizen-number': '居民身份证',
  'residence-permit': '港澳台居民居住证',
  'foreigner-permanent-residence': '外国人永久居留身份证',
  'prc-passport': '中国护照',
  'foreign-passport': '外国护照',
  'hk-macao-travel-permit': '港澳居民来往内地通行证',
  'taiwan-travel-permit': '台湾居民来往大陆通行证',
};

export function peoplePage(
  population: Population,
  people: readonly RegisteredPerson[],
  switches: Switches,
): string {
  const next = (people.at(-1)?.n ?? 0) + 1;
  return page(
    '模拟人口库 · Stand-in population register',
    `<h1>模拟人口库 <span lang="en">Stand-in population register</span></h1>
<p>以下人员均为虚构（1850—1904年出生，县级代码不存在），仅供试用。<br>
<span lang="en">Everybody here is invented (births 1850–1904, counties that do not exist). Trial only.</span></p>
<p lang="en">Seed <code>${plain(population.seed)}</code>, ${population.size} people.
Switches: <code>${plain(JSON.stringify(switches))}</code>
(change: <code>curl -H 'content-type: application/json' -d '{"slow":5000}' …/switches</code>).</p>
<div class="scroll"><table>
<thead><tr><th>#</th><th>证件 <span lang="en">document</span></th><th>号码 <span lang="en">number</span></th>
<th>姓名 <span lang="en">name</span></th><th>手机 <span lang="en">phone</span></th>
<th>出生 <span lang="en">born</span></th><th>说明 <span lang="en">remark</span></th></tr></thead>
<tbody>
${people.map(row).join('\n')}
</tbody></table></div>
<p>${next < population.size ? `<a href="/people?from=${next}&amp;count=${people.length}">下一页 <span lang="en">next</span></a>` : ''}</p>
<p><a href="/enterprises">企业 <span lang="en">enterprises</span></a></p>`,
  );
}

export function enterprisesPage(
  { size }: Pick<Enterprises, 'size'>,
  shown: readonly RegisteredEnterprise[],
): string {
  const next = (shown.at(-1)?.n ?? 0) + 1;
  return page(
    '模拟企业库 · Stand-in enterprise register',
    `<h1>模拟企业库 <span lang="en">Stand-in enterprise register</span></h1>
<p>以下企业均为虚构，仅供试用。 <span lang="en">Every enterprise here is invented. Trial only.</span></p>
<div class="scroll"><table>
<thead><tr><th>#</th><th>统一社会信用代码 <span lang="en">credit code</span></th><th>注册号 <span lang="en">old number</span></th>
<th>名称 <span lang="en">name</span></th><th>法定代表人 <span lang="en">representative</span></th><th>说明 <span lang="en">remark</span></th></tr></thead>
<tbody>
${shown.map(enterpriseRow).join('\n')}
</tbody></table></div>
<p>${next < size ? `<a href="/enterprises?from=${next}&amp;count=${shown.length}">下一页 <span lang="en">next</span></a>` : ''}</p>
<p><a href="/people">人口 <span lang="en">people</span></a></p>`,
  );
}

const enterpriseRow = ({
  n,
  code,
  registrationNumber,
  name,
  status,
  representative,
  remark,
}: RegisteredEnterprise): string =>
  `<tr${status === 'operating' ? '' : ' class="off"'}><td>${n}</td><td class="number">${code}</td>
<td class="number">${registrationNumber}</td><td>${plain(name)}</td><td>${plain(representative.writes)} (${representative.n})</td>
<td lang="en">${plain(remark)}</td></tr>`;

const page = (title: string, body: string): string => `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
${body}
</body></html>
`;

function row(person: RegisteredPerson): string {
  const { n, document, writes, phone, birthdate, remark, status } = person;
  return `<tr${status === 'deceased' ? ' class="off"' : ''}><td>${n}</td><td>${TYPE_NAMES[document.type] ?? ''}</td>
<td class="number">${plain(document.number)}${document.country ? ` (${document.country})` : ''}</td>
<td>${plain(writes)}</td><td class="number">${phone}</td><td class="number">${birthdate}</td><td lang="en">${plain(remark)}</td></tr>`;
}

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const plain = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character]!);
