/** What the road through the pages promises: clear answers to bad input, safe headers, forms only from our own pages. */
import { request as httpRequest } from 'node:http';
import fc from 'fast-check';
import { parse } from 'node-html-parser';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Refused } from '../../src/platform/failure.ts';
import { parseForm } from '../../src/platform/http/form-body.ts';
import { type Gallery, openGallery } from './gallery/server.ts';

let gallery: Gallery;
beforeAll(async () => {
  gallery = await openGallery();
});
afterAll(() => gallery.close());

const visitor = () => supertest.agent(gallery.origin);
const FORM = 'application/x-www-form-urlencoded';

async function openForm(agent: ReturnType<typeof visitor>, path = '/form'): Promise<string> {
  const page = parse((await agent.get(path)).text);
  return page.querySelector('input[name=_csrf]')!.getAttribute('value')!;
}

describe('bad forms get a clear page in the language of the person, never a 500', () => {
  test.each([
    ['a broken percent escape', 'identifier=%zz', 400],
    ['a cut percent escape', 'identifier=%4', 400],
    ['a NUL', 'identifier=a%00b', 400],
    ['bytes that are not UTF-8', 'identifier=%ff%fe', 400],
    ['a half surrogate', 'identifier=%ed%a0%80', 400],
    ['more than 32 KB', `identifier=${'x'.repeat(40_000)}`, 413],
    ['thousands of fields', 'a=1&'.repeat(3000), 400],
  ])('%s', async (_, body, status) => {
    const answer = await visitor().post('/form').set('Accept-Language', 'bo').type(FORM).send(body);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain('<html lang="bo"');
    expect(answer.text).toContain(answer.headers['x-request-id']);
  });

  test('another body type', async () => {
    const answer = await visitor().post('/form').type('application/json').send({ identifier: 'x' });
    expect(answer.status).toBe(415);
    expect((await visitor().post('/form').type('multipart/form-data; boundary=x').send('--x--')).status).toBe(
      415,
    );
  });

  test('ten megabytes, sent in chunks without a length', async () => {
    const status = await new Promise<number>((resolve, reject) => {
      const sending = httpRequest(
        `${gallery.origin}/form`,
        { method: 'POST', headers: { 'Content-Type': FORM } },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode!);
        },
      );
      sending.on('error', reject);
      for (let sent = 0; sent < 160; sent += 1) sending.write('x'.repeat(65_536));
      sending.end();
    });
    expect(status).toBe(413);
  });

  test('any bytes at all are either read or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          parseForm(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(Refused);
        }
      }),
    );
  });

  test('what URLSearchParams writes is read back exactly, Tibetan and all', () => {
    const text = fc
      .string({ unit: 'binary' })
      .filter((value) => value.isWellFormed() && !value.includes('\0'));
    fc.assert(
      fc.property(fc.dictionary(text, text, { maxKeys: 8 }), (fields) => {
        const read = parseForm(Buffer.from(new URLSearchParams(fields).toString()));
        for (const [name, value] of Object.entries(fields)) expect(read.text(name)).toBe(value);
      }),
    );
  });
});

describe('paths and methods', () => {
  test('an unknown page says so', async () => {
    const answer = await visitor().get('/no/such/page').set('Accept-Language', 'en');
    expect(answer.status).toBe(404);
    expect(answer.text).toContain('This page was not found');
  });

  test.each([
    '/%',
    '/%ff',
    '/%00',
    '/assets/%2e%2e/%2e%2e/package.json',
    '//evil.example/',
    '/?lang=%ff&lang=bo&elder[]=1',
  ])('%s is answered below 500', async (path) => {
    const status = await new Promise<number>((resolve, reject) => {
      httpRequest(gallery.origin, { path }, (answer) => {
        answer.resume();
        resolve(answer.statusCode!);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBeLessThan(500);
  });

  test('something broken tells nothing of the house, only the number to quote', async () => {
    const answer = await visitor().get('/broken').set('Accept-Language', 'en');
    expect(answer.status).toBe(500);
    expect(answer.text).not.toMatch(/secret of the house|at .*\.ts/);
    expect(answer.text).toContain(answer.headers['x-request-id']);
  });

  test('programs get problem details', async () => {
    const answer = await visitor()
      .get('/refused')
      .set('Accept', 'application/json')
      .set('Accept-Language', 'en');
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(JSON.parse(answer.text)).toEqual({
      type: 'urn:yihao:problem:sign-in-wait',
      title: 'Too many attempts. Try again in 5 min',
      status: 429,
      detail: expect.stringContaining('SMS code'),
      instance: `urn:yihao:request:${answer.headers['x-request-id']}`,
      field: 'identifier',
      retry_after: 300,
    });
    expect(answer.headers['retry-after']).toBe('300');
  });

  test('a browser and a plain tool get a page', async () => {
    for (const accept of ['text/html,application/xhtml+xml,*/*;q=0.8', '*/*']) {
      expect((await visitor().get('/refused').set('Accept', accept)).headers['content-type']).toContain(
        'text/html',
      );
    }
  });
});

describe('forms only from our own pages', () => {
  test('a form with its mark passes; without, with another one or from another site it does not', async () => {
    const agent = visitor();
    const mark = await openForm(agent);
    expect((await agent.post('/form').type(FORM).send({ _csrf: mark, identifier: 'x' })).status).toBe(200);
    expect((await agent.post('/form').type(FORM).send({ identifier: 'x' })).status).toBe(403);
    expect(
      (
        await agent
          .post('/form')
          .type(FORM)
          .send({ _csrf: `${mark}x`, identifier: 'x' })
      ).status,
    ).toBe(403);
    expect(
      (
        await agent
          .post('/form')
          .type(FORM)
          .send({ _csrf: await openForm(visitor()) })
      ).status,
    ).toBe(403);
    const foreign = await agent
      .post('/form')
      .set('Sec-Fetch-Site', 'cross-site')
      .type(FORM)
      .send({ _csrf: mark });
    expect(foreign.status).toBe(403);
    expect((await visitor().post('/form').type(FORM).send({ _csrf: mark })).status).toBe(403);
  });

  test('pages without a form set no cookie', async () => {
    expect((await visitor().get('/done')).headers['set-cookie']).toBeUndefined();
  });

  test('the cookies cannot be read by script or sent from other sites’ forms', async () => {
    const cookies = [...(await visitor().get('/form?lang=bo')).headers['set-cookie']!];
    expect(cookies.length).toBe(2);
    for (const cookie of cookies) expect(cookie).toMatch(/; path=\/;.*samesite=lax; httponly/i);
  });
});

describe('headers', () => {
  test('every page forbids outside and inline content, framing and keeping', async () => {
    for (const path of ['/form', '/no-such', '/broken']) {
      const { headers } = await visitor().get(path);
      const policy = headers['content-security-policy']!;
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("form-action 'self'");
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
      expect(headers['cache-control']).toBe('no-store');
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['referrer-policy']).toBe('same-origin');
    }
  });

  test('style, script and fonts are kept for a year, found by their content, compressed', async () => {
    const page = parse((await visitor().get('/form')).text);
    const sheet = page.querySelector('link[rel=stylesheet]')!.getAttribute('href')!;
    const answer = await visitor().get(sheet).set('Accept-Encoding', 'gzip');
    expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(answer.headers['content-encoding']).toBe('gzip');
    expect((await visitor().get(sheet).set('If-None-Match', answer.headers.etag!)).status).toBe(304);
    const font = /url\("([^"]+woff2)"\)/.exec(answer.text)![1]!;
    expect((await visitor().get(font)).headers['content-type']).toBe('font/woff2');
    expect((await visitor().get(sheet.replace(/\.[0-9a-f]{16}/, '.0000000000000000'))).status).toBe(404);
  });

  test('a page with style and script weighs less than 40 KB on the line', async () => {
    const html = await visitor().get('/more');
    const page = parse(html.text);
    let bytes = Buffer.byteLength(html.text);
    for (const path of [
      page.querySelector('link[rel=stylesheet]')!.getAttribute('href')!,
      page.querySelector('script')!.getAttribute('src')!,
    ]) {
      bytes += Number((await visitor().get(path).set('Accept-Encoding', 'br')).headers['content-length']);
    }
    expect(bytes).toBeLessThan(40 * 1024);
  });

  test('every answer names itself with an id that can be read out on the telephone', async () => {
    expect((await visitor().get('/done')).headers['x-request-id']).toMatch(
      /^([2-9A-HJKMNP-TV-Z]{4}-){2}[2-9A-HJKMNP-TV-Z]{4}$/,
    );
  });
});

describe('the application’s wish for a language', () => {
  test('is followed for this authorization until the person switches in it', async () => {
    const agent = visitor().set('Accept-Language', 'zh');
    const wish = (locale: string, authorization: string, more = '') =>
      agent
        .get(`/wish?ui_locales=${locale}&authorization=${authorization}${more}`)
        .then((answer) => /<html lang="([^"]+)"/.exec(answer.text)![1]);
    expect(await wish('bo-CN', 'first')).toBe('bo');
    expect(await wish('bo-CN', 'first', '&lang=en')).toBe('en');
    expect(await wish('bo-CN', 'first')).toBe('en');
    expect(await wish('bo-CN', 'second')).toBe('bo');
    expect(await wish('fr', 'second')).toBe('en');
  });
});

describe('where forms may end', () => {
  test('the application’s address and custom scheme are allowed, nothing else slips in', async () => {
    const policy = async (target: string) =>
      (await visitor().get(`/wish?to=${encodeURIComponent(target)}`)).headers[
        'content-security-policy'
      ]!.split('; ').at(-1);
    expect(await policy('https://shebao.example/callback?x=1')).toBe(
      "form-action 'self' https://shebao.example",
    );
    expect(await policy('http://127.0.0.1:3001/cb')).toBe("form-action 'self' http://127.0.0.1:3001");
    expect(await policy('cn.gov.app:/callback')).toBe("form-action 'self' cn.gov.app:");
    expect(await policy("https://a.example;script-src 'unsafe-inline'/")).toBe("form-action 'self'");
    expect(await policy('nonsense')).toBe("form-action 'self'");
  });
});

describe('the links of the header', () => {
  test('keep the address and the rest of the query, and never leave this site', async () => {
    const page = parse((await visitor().get('/profile?before=3&lang=en')).text);
    const hrefs = page.querySelectorAll('.languages a').map((link) => link.getAttribute('href')!);
    expect(hrefs).toEqual(['/profile?before=3&lang=zh-CN', '/profile?before=3&lang=bo']);
    const strange = parse((await visitor().get('/missing').set('Host', 'evil.example')).text);
    for (const link of strange.querySelectorAll('.languages a'))
      expect(link.getAttribute('href')).toMatch(/^\/[^/]/);
  });

  test('after a refused form they lead back to the page the form stood on', async () => {
    const answer = await visitor()
      .post('/form')
      .set('Referer', `${gallery.origin}/form?x=1`)
      .type(FORM)
      .send('identifier=%zz');
    expect(parse(answer.text).querySelector('.languages a')!.getAttribute('href')).toBe('/form?x=1&lang=bo');
    const foreign = await visitor()
      .post('/form')
      .set('Referer', 'https://evil.example/x')
      .type(FORM)
      .send('identifier=%zz');
    expect(parse(foreign.text).querySelector('.languages a')!.getAttribute('href')).toBe('/?lang=bo');
  });
});
