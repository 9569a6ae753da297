/** Signed questions and answers between two servers: what is accepted, and what is found out. */
import { expect, test } from 'vitest';
import {
  answerIsGenuine,
  HEADER,
  RequestJudge,
  sharedKey,
  signAnswer,
  signRequest,
} from '../../../src/platform/partner/signature.ts';

const now = new Date('2026-11-20T08:00:00Z');
const key = sharedKey('yihao', 'k7Qm2Vt9Xw4Rz8Lp3Nc6Hb1Jd5Fg0Sa7');
const request = { method: 'POST', path: '/v1/compare', body: Buffer.from('{"name":"扎西"}') };
const judgeAt = (at: Date, keys = [key]) => new RequestJudge(keys, { now: () => at }, 300);

test('the signature is the one described for other developers, byte for byte', () => {
  const headers = {
    [HEADER.key]: 'yihao',
    [HEADER.time]: '1795161600',
    [HEADER.nonce]: 'AAAAAAAAAAAAAAAAAAAAAA',
    [HEADER.signature]: '-Osh0bpcWqg8sjdlv2naStOcZ7z-RRKslVtr4Xt6TB8',
  };
  expect(judgeAt(now).judge(request, headers)).toMatchObject({ ok: true, nonce: 'AAAAAAAAAAAAAAAAAAAAAA' });
  const answer = signAnswer(key, 'AAAAAAAAAAAAAAAAAAAAAA', 200, Buffer.from('{"outcome":"match"}'));
  expect(answer[HEADER.signature]).toBe('FIg_xTzSdy-fmnPM5hMIYoiZV4po4oPaSAkKSf8EvKU');
});

test('a signed request is accepted once; its repetition is found out', () => {
  const judge = judgeAt(now);
  const headers = signRequest(key, request, now);
  expect(judge.judge(request, headers).ok).toBe(true);
  expect(judge.judge(request, headers)).toEqual({ ok: false, fault: 'replayed' });
});

test('a repetition is found out as long as its timestamp would be accepted', () => {
  let at = now;
  const judge = new RequestJudge([key], { now: () => at }, 300);
  const ahead = new Date(now.getTime() + 299_000);
  const headers = signRequest(key, request, ahead);
  expect(judge.judge(request, headers).ok).toBe(true);
  at = new Date(now.getTime() + 590_000);
  judge.judge(request, signRequest(key, request, at));
  expect(judge.judge(request, headers)).toEqual({ ok: false, fault: 'replayed' });
});

test('changed method, path, body, time or nonce, and another secret, are found out', () => {
  const headers = signRequest(key, request, now);
  const judge = judgeAt(now);
  expect(judge.judge({ ...request, method: 'PUT' }, headers)).toEqual({ ok: false, fault: 'forged' });
  expect(judge.judge({ ...request, path: '/v1/compare?x=1' }, headers)).toEqual({
    ok: false,
    fault: 'forged',
  });
  expect(judge.judge({ ...request, body: Buffer.from('{}') }, headers)).toEqual({
    ok: false,
    fault: 'forged',
  });
  expect(judge.judge(request, { ...headers, [HEADER.time]: '1795161601' })).toEqual({
    ok: false,
    fault: 'forged',
  });
  expect(judge.judge(request, { ...headers, [HEADER.nonce]: 'B'.repeat(22) })).toEqual({
    ok: false,
    fault: 'forged',
  });
  const other = signRequest(sharedKey('yihao', 'another secret of thirty-two bytes'), request, now);
  expect(judge.judge(request, other)).toEqual({ ok: false, fault: 'forged' });
  // A forgery uses no nonce up: the genuine request still passes.
  expect(judge.judge(request, headers).ok).toBe(true);
});

test('a clock more than the skew away, in either direction, is told apart from a forgery', () => {
  const headers = signRequest(key, request, now);
  for (const seconds of [-301, 301]) {
    expect(judgeAt(new Date(now.getTime() + seconds * 1000)).judge(request, headers)).toEqual({
      ok: false,
      fault: 'clock',
    });
  }
  expect(judgeAt(new Date(now.getTime() + 299_000)).judge(request, headers).ok).toBe(true);
});

test('missing or odd headers are unsigned; an unknown key name is said', () => {
  expect(judgeAt(now).judge(request, {})).toEqual({ ok: false, fault: 'unsigned' });
  const headers = signRequest(key, request, now);
  expect(judgeAt(now).judge(request, { ...headers, [HEADER.time]: '1e9' })).toEqual({
    ok: false,
    fault: 'unsigned',
  });
  expect(judgeAt(now).judge(request, { ...headers, [HEADER.key]: 'other' })).toEqual({
    ok: false,
    fault: 'unknown-key',
  });
});

test('two secrets are valid while they are being changed', () => {
  const next = sharedKey('yihao-2', 'the next secret with thirty-two bytes');
  const judge = judgeAt(now, [key, next]);
  expect(judge.judge(request, signRequest(key, request, now)).ok).toBe(true);
  expect(judge.judge(request, signRequest(next, request, now)).ok).toBe(true);
});

test('an answer fits its own question only, with its own status and body', () => {
  const body = Buffer.from('{"outcome":"match"}');
  const headers = signAnswer(key, 'nonce-of-the-question', 200, body);
  expect(answerIsGenuine(key, 'nonce-of-the-question', { status: 200, body, headers })).toBe(true);
  expect(answerIsGenuine(key, 'another-question', { status: 200, body, headers })).toBe(false);
  expect(answerIsGenuine(key, 'nonce-of-the-question', { status: 400, body, headers })).toBe(false);
  expect(
    answerIsGenuine(key, 'nonce-of-the-question', { status: 200, body: Buffer.from('{}'), headers }),
  ).toBe(false);
  expect(answerIsGenuine(key, 'nonce-of-the-question', { status: 200, body, headers: {} })).toBe(false);
});
