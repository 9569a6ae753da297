/** Calls to a partner's server over real sockets: what is repeated, what is spared, and that nothing is thrown. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../../../src/platform/clock.ts';
import { ConfigurationError } from '../../../src/platform/config/load.ts';
import { openPartner, type Partner, type PartnerMeter } from '../../../src/platform/partner/partner.ts';
import { type PartnerSettings, partnerFields } from '../../../src/platform/partner/settings.ts';
import { RequestJudge, sharedKey, signAnswer } from '../../../src/platform/partner/signature.ts';

const SECRET = 'k7Qm2Vt9Xw4Rz8Lp3Nc6Hb1Jd5Fg0Sa7';
const key = sharedKey('yihao', SECRET);
const judge = new RequestJudge([key], systemClock, 300);

interface Heard {
  method: string;
  path: string;
  body: string;
  nonce: string;
}
type Answering = (heard: Heard, response: ServerResponse) => void;

let server: Server;
let answering: Answering;
let heard: Heard[];
let opened: Partner[];
const spared: string[] = [];
const states: string[] = [];
const meter: PartnerMeter = {
  spared: (_, fault) => spared.push(fault),
  breaker: (_, state) => states.push(state),
};

beforeEach(async () => {
  heard = [];
  opened = [];
  spared.length = 0;
  states.length = 0;
  answering = signed(200, { fine: true });
  server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const body = Buffer.concat(parts);
    const judged = judge.judge({ method: request.method!, path: request.url!, body }, request.headers);
    if (!judged.ok) return void response.writeHead(401).end();
    const one = { method: request.method!, path: request.url!, body: body.toString(), nonce: judged.nonce };
    heard.push(one);
    answering(one, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  for (const partner of opened) partner.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function signed(status: number, content: object): Answering {
  return ({ nonce }, response) => {
    const body = Buffer.from(JSON.stringify(content));
    response.writeHead(status, signAnswer(key, nonce, status, body)).end(body);
  };
}

function open(more: Partial<PartnerSettings> = {}): Partner {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/register/v1`;
  const settings = z.object(partnerFields).parse({ url, secret: SECRET, attemptMs: 300, deadlineMs: 1_500 });
  const partner = openPartner('test', 'test', { ...settings, ...more }, systemClock, meter);
  opened.push(partner);
  return partner;
}

const ask = { method: 'POST', path: '/question', body: { name: '扎西·顿珠' } } as const;

test('a question arrives below the partner’s path, signed as it arrives, and its answer comes back', async () => {
  expect(await open().call(ask)).toEqual({ ok: true, body: { fine: true } });
  expect(heard).toMatchObject([
    { method: 'POST', path: '/register/v1/question', body: '{"name":"扎西·顿珠"}' },
  ]);
  expect(await open().check()).toMatchObject({ reachable: true });
});

test('every repetition is signed anew, so that it does not count as a replay', async () => {
  let first = true;
  answering = (one, response) => {
    if (!first) return signed(200, { second: true })(one, response);
    first = false;
    response.writeHead(503).end();
  };
  expect(await open().call(ask)).toEqual({ ok: true, body: { second: true } });
  expect(new Set(heard.map(({ nonce }) => nonce)).size).toBe(2);
});

test('a question that the partner declines is neither repeated nor held against it', async () => {
  answering = signed(400, { error: 'malformed' });
  const partner = open({ breakAfter: 2 });
  for (let n = 0; n < 5; n += 1) expect(await partner.call(ask)).toEqual({ ok: false, fault: 'declined' });
  expect(heard).toHaveLength(5);
  expect(states).toEqual([]);
});

test('a partner that does not know our secret is asked once, and left alone after a few', async () => {
  const partner = open({ secret: 'another secret of thirty-two bytes', breakAfter: 2 });
  expect(await partner.call(ask)).toEqual({ ok: false, fault: 'refused' });
  expect(await partner.call(ask)).toEqual({ ok: false, fault: 'refused' });
  expect(await partner.call(ask)).toEqual({ ok: false, fault: 'open' });
  expect(states).toEqual(['open']);
});

test('more questions than may be under way at once are answered at once', async () => {
  const waiting: ServerResponse[] = [];
  answering = (_, response) => void waiting.push(response);
  const partner = open({ atOnce: 3, attempts: 1 });
  const calls = Array.from({ length: 5 }, () => partner.call(ask));
  expect(await calls[4]).toEqual({ ok: false, fault: 'busy' });
  expect(await Promise.all(calls)).toEqual(
    ['timeout', 'timeout', 'timeout', 'busy', 'busy'].map((fault) => ({ ok: false, fault })),
  );
  expect(spared).toEqual(['busy', 'busy']);
});

test('an answer that trickles in is given up like one that never comes', async () => {
  answering = (_, response) => {
    response.writeHead(200);
    const drip = setInterval(() => response.write(' '), 20);
    response.once('close', () => clearInterval(drip));
  };
  const began = performance.now();
  expect(await open({ attempts: 1 }).call(ask)).toEqual({ ok: false, fault: 'timeout' });
  expect(performance.now() - began).toBeLessThan(450);
});

test('an answer of the right length to another question is not believed', async () => {
  const body = Buffer.from('{"outcome":"match"}');
  answering = (_, response) => {
    response.writeHead(200, signAnswer(key, 'nonce-of-another-question', 200, body)).end(body);
  };
  expect(await open().call(ask)).toEqual({ ok: false, fault: 'forged' });
});

test('an answer that is no JSON, no UTF-8 or too long is told apart', async () => {
  const answer = (body: Buffer): Answering => {
    return ({ nonce }, response) => void response.writeHead(200, signAnswer(key, nonce, 200, body)).end(body);
  };
  const partner = open({ answerBytes: 300 });
  answering = answer(Buffer.from('<html>'));
  expect(await partner.call(ask)).toEqual({ ok: false, fault: 'malformed' });
  answering = answer(Buffer.from([0x22, 0xff, 0x22]));
  expect(await partner.call(ask)).toEqual({ ok: false, fault: 'malformed' });
  answering = answer(Buffer.from(`"${'x'.repeat(299)}"`));
  expect(await partner.call(ask)).toEqual({ ok: false, fault: 'too-large' });
});

test('no try is begun that could not be finished in time', async () => {
  answering = (_, response) => void response.writeHead(503).end();
  const partner = open({ attempts: 5 });
  expect(await partner.call({ ...ask, within: 299 })).toEqual({ ok: false, fault: 'late' });
  expect(heard).toHaveLength(0);
  expect(await partner.call({ ...ask, within: 400 })).toEqual({ ok: false, fault: 'unwell' });
  expect(heard).toHaveLength(1);
});

test('settings that cannot work are refused at once, all of them, before anything is asked', () => {
  const wrong = { url: undefined, secret: undefined, attemptMs: 9_000 };
  expect(() => open(wrong)).toThrow(ConfigurationError);
  expect(() => open(wrong)).toThrow(/test\.url[\s\S]*test\.secret[\s\S]*test\.attemptMs/);
  expect(() => open({ allowedHosts: ['127.0.0.2'] })).toThrow(/test\.allowedHosts/);
});
