/** What people do shows in /metrics of a whole server: comparisons, requests to partners, messages. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { register, someCitizen, somePhone } from '../journeys/citizen.ts';
import { HtmlClient } from '../support/html-client.ts';
import { PATIENT, startYihao } from '../support/server.ts';

let yihao: Awaited<ReturnType<typeof startYihao>>;
beforeAll(async () => {
  yihao = await startYihao(undefined, PATIENT);
});
afterAll(() => yihao?.close());

const read = async (name: string): Promise<number | undefined> => {
  const text = await (await fetch(`http://127.0.0.1:${yihao.yihao.internalPort}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
};

test('a registration is one comparison, one request to the register and one message; no person stands in it', async () => {
  const person = someCitizen();
  const phone = somePhone();
  expect(await read('partner_breaker_state{partner="population-register",state="closed"}')).toBe(1);
  await register(yihao.yihao, new HtmlClient(yihao.origin), { ...person, name: person.writes }, { phone });
  expect(await read('register_comparison_duration_seconds_count{outcome="match"}')).toBe(1);
  const requests = 'partner_request_duration_seconds_count{partner="population-register",result="answered"}';
  expect(await read(requests)).toBeGreaterThanOrEqual(1);
  expect(await read('notices_total{message="code.register",outcome="accepted"}')).toBe(1);
  const text = await (await fetch(`http://127.0.0.1:${yihao.yihao.internalPort}/metrics`)).text();
  for (const secret of [phone, person.document.number, person.name]) expect(text).not.toContain(secret);
});

test('a register that is down shows as unreachable comparisons', async () => {
  yihao.yihao.registries.standIn!.turn({ down: true });
  const person = someCitizen();
  await register(yihao.yihao, new HtmlClient(yihao.origin), { ...person, name: person.writes });
  expect(await read('register_comparison_duration_seconds_count{outcome="unreachable"}')).toBeGreaterThan(0);
  const failed = 'partner_request_duration_seconds_count{partner="population-register",result="network"}';
  expect(await read(failed)).toBeGreaterThan(0);
});
