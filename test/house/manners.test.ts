/** Small habits that keep the house safe and honest. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { filesBelow, ROOT } from './source.ts';

test('the lock file names no registry host: a mirror must not be written into the project', () => {
  const lock = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');
  expect(lock.includes('"resolved"')).toBe(false);
});

test('dependencies are pinned exactly: what was tested is what runs', () => {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<
    string,
    Record<string, string>
  >;
  const loose = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
    ([, version]) => !/^\d/.test(version),
  );
  expect(loose).toEqual([]);
});

test('every dependency has its line in docs/dependencies.md', () => {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<
    string,
    Record<string, string>
  >;
  const doc = readFileSync(join(ROOT, 'docs/dependencies.md'), 'utf8');
  const names = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
  expect(names.filter((name) => !doc.includes(`\`${name}\``))).toEqual([]);
});

test('only the process edges write to the console; everything else logs with a request id', () => {
  const writers = filesBelow('src', '.ts').filter(
    (file) =>
      /\bconsole\.|process\.std(out|err)/.test(file.text) &&
      !/^src\/(main|cli|trial|commands)/.test(file.path),
  );
  expect(writers.map((file) => file.path)).toEqual([]);
});

test('randomness for secrets never comes from Math.random', () => {
  const careless = filesBelow('src', '.ts').filter((file) => /Math\.random\(/.test(file.text));
  expect(careless.map((file) => file.path)).toEqual([]);
});

test('no page, style or script asks another site for anything', () => {
  const outside = [
    ...filesBelow('views', '.eta'),
    ...filesBelow('public', '.css'),
    ...filesBelow('public', '.js'),
  ].filter((file) => /(src|href|url)\s*[=(]\s*["']?(https?:)?\/\//.test(file.text));
  expect(outside.map((file) => file.path)).toEqual([]);
});

/** Eighteen digits in a row with a plausible birth date of a living person. */
const LIVING = /\b[1-6]\d{5}(19[1-9]\d|20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[\dXx]\b/;

test('no living person’s number can stand anywhere in the project', () => {
  const places = [
    ...filesBelow('src', '.ts'),
    ...filesBelow('test', '.ts'),
    ...filesBelow('docs', '.md'),
    ...filesBelow('config', '.yaml'),
    ...filesBelow('examples', ''),
  ];
  expect(places.filter((file) => LIVING.test(file.text)).map((file) => file.path)).toEqual([]);
});
