/** Habits of the views that keep pages safe and readable: nothing inline, nothing raw, no sentences in pieces. */
import { expect, test } from 'vitest';
import { filesBelow } from './source.ts';

const views = filesBelow('views', '.eta');
const where = (pattern: RegExp, allowed: RegExp = /^\b$/) =>
  views.flatMap((view) =>
    [...view.text.matchAll(pattern)]
      .filter(([found]) => !allowed.test(found))
      .map(([found]) => `${view.path}: ${found}`),
  );

test('no inline style, script or handler: the content security policy would silently drop it', () => {
  expect(where(/<style\b|<script\b(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|javascript:/gi)).toEqual([]);
});

test('only parts, icons and the body are written unescaped', () => {
  expect(where(/<%~[^%]*%>/g, /^<%~ it\.(part|icon)\(|^<%~ it\.body %>/)).toEqual([]);
});

test('texts are never joined from pieces', () => {
  expect(where(/it\.t\([^)]*\)\s*\+|\+\s*it\.t\(/g)).toEqual([]);
});

test('every form posts, and carries the mark that it is ours (or the provider’s own)', () => {
  const forms = views.flatMap((view) =>
    [...view.text.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].map(([, head, body]) => ({
      path: view.path,
      head: head!,
      body: body!,
    })),
  );
  expect(forms.length).toBeGreaterThan(0);
  const getting = forms.filter(({ head }) => !/method="post"/.test(head));
  const unmarked = forms.filter(
    ({ body }) => !/it\.part\('csrf'\)/.test(body) && !/it\.form\.fields/.test(body),
  );
  expect([...getting, ...unmarked].map(({ path }) => path)).toEqual([]);
});

test('no words stand in a view: they would stay in one language', () => {
  const words = views.flatMap((view) => {
    const text = view.text.replace(/<%[\s\S]*?%>/g, ' ').replace(/<!doctype html>|<[^>]*>/gi, ' ');
    return /\p{L}{2,}/u.test(text) ? [`${view.path}: ${text.trim().slice(0, 60)}`] : [];
  });
  expect(words).toEqual([]);
});
