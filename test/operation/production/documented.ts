/** What docs/production.md tells an operator to write, so that the tests follow the page and not a copy of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../../src/settings.ts';

export const page = readFileSync(join(ROOT, 'docs/production.md'), 'utf8');

/** The first block of code in this language (or of this first word) below a heading or step that begins so. */
function blockAfter(start: string, language: string): string {
  const from = page.indexOf(start);
  const found = new RegExp(`^( *)\`\`\`${language}\\n([\\s\\S]*?)\\n\\1\`\`\``, 'm').exec(page.slice(from));
  if (from < 0 || !found) throw new Error(`docs/production.md has no ${language} block after "${start}"`);
  const indent = new RegExp(`^${found[1]}`, 'gm');
  return found[2]!.replace(indent, '');
}

/** The settings file of the first start. */
export const settingsFile = (): string => blockAfter('2. **Settings**', 'yaml');

/** The variables of the first start. */
export const variables = (): Record<string, string> =>
  Object.fromEntries(
    blockAfter('and secrets from files', '')
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

/** What Redis is to be told. */
export const redisSettings = (): string[][] =>
  blockAfter('## Redis', '')
    .split('\n')
    .map((line) => line.split(' '));

/** How a supervisor starts the server: program and arguments, with the code's folder in its place. */
export const startCommand = (): [string, ...string[]] => {
  const line = /^ExecStart=(.+)$/m.exec(blockAfter('5. **Start**', 'ini'))![1]!;
  return line.replaceAll('/opt/yihao', ROOT).split(' ') as [string, ...string[]];
};
