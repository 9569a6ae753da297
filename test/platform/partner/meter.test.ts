/** What partners cost and how they fare, as Prometheus reads it. */
import { expect, test } from 'vitest';
import { makeMetrics } from '../../../src/platform/observe/metrics.ts';
import { meterPartners } from '../../../src/platform/partner/meter.ts';

test('requests by result and duration, spared calls by reason, and the one state the breaker is in', async () => {
  const metrics = makeMetrics();
  const meter = meterPartners(metrics);
  const lines = async () => (await metrics.registry.metrics()).split('\n');
  meter.opened!('register');
  meter.opened!('gateway');
  meter.tried!('register', 'answered', 0.02);
  meter.tried!('register', 'timeout', 1.3);
  meter.tried!('register', 'timeout', 1.3);
  meter.spared!('register', 'open');
  meter.breaker!('register', 'open');
  const read = await lines();
  for (const line of [
    'partner_request_duration_seconds_count{partner="register",result="answered"} 1',
    'partner_request_duration_seconds_bucket{le="0.01",partner="register",result="answered"} 0',
    'partner_request_duration_seconds_bucket{le="0.025",partner="register",result="answered"} 1',
    'partner_request_duration_seconds_count{partner="register",result="timeout"} 2',
    'partner_calls_spared_total{partner="register",fault="open"} 1',
    'partner_breaker_state{partner="register",state="open"} 1',
    'partner_breaker_state{partner="register",state="closed"} 0',
    'partner_breaker_state{partner="gateway",state="closed"} 1',
  ])
    expect(read).toContain(line);
  meter.breaker!('register', 'trying');
  expect(await lines()).toContain('partner_breaker_state{partner="register",state="open"} 0');
  expect(await lines()).toContain('partner_breaker_state{partner="register",state="trying"} 1');
});
