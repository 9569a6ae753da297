/** Bodies that cannot be read, are of another kind, or far too long: a clear answer at every door, and no memory kept. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningYihao } from '../support/server.ts';
import { noDoors, pageDoors, providerDoors } from './doors.ts';
import { expectClear } from './judge.ts';
import { type Answer, ask, chunked, exchange, form, request, type Sent } from './raw.ts';
import { BROKEN, STRANGE } from './rubbish.ts';
import { targets } from './targets.ts';

const FORM = 'application/x-www-form-urlencoded';
const TEN_MB = 10 * 1_048_576;

const posted = [...pageDoors(), ...providerDoors, ...noDoors].filter(({ method }) => method === 'POST');
const ofPages = pageDoors().filter(({ method }) => method === 'POST');
/** Doors that read their own bodies, and one of those that have theirs read in one place. */
const [onePage] = ofPages;
const eachReader = [onePage!, ...posted.filter((road) => !ofPages.some(({ path }) => path === road.path))];

let yihao: RunningYihao;
const post = (path: string, sent: Sent, language = 'bo') =>
  ask(yihao.origin, path, { ...sent, headers: { 'Accept-Language': language, ...sent.headers } });

describe.each(targets)('forms that cannot be read, or that nobody sends ($name)', (target) => {
  beforeAll(async () => {
    yihao = await target.start();
  });
  afterAll(() => yihao.close());
  // Another store changes nothing at doors that read forms in the same place.
  const doors = target === targets[0] ? posted : eachReader;

  test.each(BROKEN)(
    '%s is refused as a page in the language asked for, and as an error for programs',
    async (what, body) => {
      for (const { path } of doors) {
        const answer = await post(path, form(body));
        expectClear(`${path}, ${what}`, answer, { language: 'bo' });
        expect(answer.status, path).toBeGreaterThanOrEqual(400);
        const told = await post(path, form(body, { Accept: 'application/json' }), 'en');
        expectClear(`${path}, ${what}`, told);
        expect([told.status, told.headers['content-type']]).toEqual([
          answer.status,
          expect.stringMatching(/^application\/(problem\+)?json/),
        ]);
      }
      for (const { path } of ofPages)
        expect([path, (await post(path, form(body))).status]).toEqual([path, 400]);
    },
  );

  test.each(STRANGE)('%s', async (what, body) => {
    for (const { path } of doors) {
      const answer = await post(path, form(body), 'en');
      expectClear(`${path}, ${what}`, answer, { language: 'en' });
    }
  });
});

// These are judged before any store is asked.
describe('bodies of another kind', () => {
  beforeAll(async () => {
    yihao = await targets[0]!.start();
  });
  afterAll(() => yihao.close());

  test.each([
    ['JSON', 'application/json', '{"identifier":["a"],"client_id":{"$ne":1}}'],
    ['half of JSON', 'application/json', '{"identifier":'],
    ['JSON 30,000 deep', 'application/json', '['.repeat(30_000)],
    [
      'parts',
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--',
    ],
    ['parts without a boundary', 'multipart/form-data', 'a=b'],
    ['text', 'text/plain', 'identifier=a'],
    ['XML', 'application/xml', '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'],
    ['a type that is none', ';;;=/', 'identifier=a'],
    ['a very long type', `a/${'b'.repeat(9_000)}`, 'identifier=a'],
  ])('%s instead of a form', async (what, type, body) => {
    for (const { path } of posted) {
      const answer = await post(path, form(body, { 'Content-Type': type }), 'en');
      expectClear(`${path}, ${what}`, answer, { language: 'en' });
      expect(answer.status, path).toBeGreaterThanOrEqual(400);
    }
    for (const { path } of ofPages)
      expect([path, (await post(path, form(body, { 'Content-Type': type }))).status]).toEqual([path, 415]);
  });

  test.each([
    ['without a type', { 'Content-Type': undefined }],
    ['in an unknown character set', { 'Content-Type': `${FORM}; charset=zebra` }],
    ['in UTF-16, as it says', { 'Content-Type': `${FORM}; charset=utf-16le` }],
    ['compressed, as it says', { 'Content-Encoding': 'gzip' }],
    ['two types', { 'Content-Type': [FORM, 'application/json'] }],
  ])('a form %s', async (what, headers) => {
    for (const { path } of posted) {
      const answer = await post(path, form('identifier=a&client_id=b', headers), 'en');
      expectClear(`${path}, ${what}`, answer, { language: 'en' });
    }
  });

  /** As browsers and libraries send: the line stays open, and the answer is read while the body still leaves. */
  const pour = async (path: string, sent: Sent): Promise<Answer> => {
    const headers = { Connection: 'keep-alive', 'Accept-Language': 'bo', ...sent.headers };
    const bytes = request(path, { ...sent, headers });
    const { answers } = await exchange(yihao.origin, bytes, { enough: 1 });
    return answers[0]!;
  };
  const much = 'x'.repeat(TEN_MB);

  test.each([
    ['a form of 10 MB', FORM, false],
    ['a form of 10 MB without a length', FORM, true],
    ['JSON of 10 MB', 'application/json', false],
    ['JSON of 10 MB without a length', 'application/json', true],
    ['parts of 10 MB without a length', 'multipart/form-data; boundary=x', true],
  ])('%s', async (what, type, inChunks) => {
    const headers = {
      'Content-Type': type,
      ...(inChunks ? { 'Transfer-Encoding': 'chunked', 'Content-Length': undefined } : {}),
    };
    const body = inChunks ? chunked(`identifier=${much}`) : `identifier=${much}`;
    for (const { path } of eachReader) {
      const answer = await pour(path, { method: 'POST', headers, body });
      expect(answer, `${path}, ${what}`).toBeDefined();
      expectClear(`${path}, ${what}`, answer, { language: 'bo' });
      expect(answer.status, path).toBeGreaterThanOrEqual(400);
      if (path === onePage!.path) expect(answer.status).toBe(413);
    }
  });

  test.each(['keep-alive', 'close'])(
    '10 MB from a sender who reads only when all is sent (%s)',
    async (Connection) => {
      for (const path of ['/interaction/nobody/login', '/oauth/token', '/oauth/par', '/no-such-page']) {
        const { port } = new URL(yihao.origin);
        const socket = connect(Number(port), 'localhost').pause();
        await once(socket, 'connect');
        const sent = new Promise((resolve) =>
          socket.write(request(path, form(`a=${much}`, { Connection })), resolve),
        );
        await sent;
        const [first] = (await once(socket.resume(), 'data')) as [Buffer];
        expect(first.toString('latin1'), path).toMatch(/^HTTP\/1\.1 4\d\d /);
        socket.destroy();
      }
    },
  );

  test('just as much as is taken, and one byte more', async () => {
    const road = '/interaction/nobody/login';
    const statuses = [];
    for (const length of [32 * 1024, 32 * 1024 + 1])
      statuses.push((await post(road, form(`a=${'x'.repeat(length - 2)}`))).status);
    expect(statuses).toEqual([410, 413]);
  });

  test('a body where none belongs is not read, and the next request on the line is', async () => {
    const { answers } = await exchange(yihao.origin, [
      request('/privacy', { body: 'GET /evil HTTP/1.1\r\n\r\n', headers: { Connection: 'keep-alive' } }),
      request('/no-such-page'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 404]);
  });

  test('a sender who leaves in the middle leaves nothing behind', async () => {
    for (const { path } of posted) {
      const { answers } = await exchange(
        yihao.origin,
        request(path, form('a=b', { 'Content-Length': '1000' })),
        {
          patienceMs: 30,
        },
      );
      for (const answer of answers) expect(answer.status).toBeLessThan(500);
    }
    expect((await ask(yihao.origin, '/privacy')).status).toBe(200);
  });
});
