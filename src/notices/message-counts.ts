/** How many messages went out, for the metrics: by the name of their text, never by whom they went to. */
import type { Metrics } from '../platform/observe/metrics.ts';
import type { SmsGateway, SmsReceipt } from './notice.ts';

export interface MessageCounts {
  /** The gateway's word on one message. */
  sent(name: string, receipt: SmsReceipt): void;
  /** Promised messages that nobody took in time. */
  expired(messages: number): void;
}

export const NOT_COUNTED: MessageCounts = { sent: () => {}, expired: () => {} };

export function countMessages(metrics: Pick<Metrics, 'counter'>): MessageCounts {
  const sent = metrics.counter(
    'notices_total',
    'Messages handed to the gateway, by text and outcome: accepted, number-refused, or not-taken (each attempt).',
    ['message', 'outcome'],
  );
  const expired = metrics.counter(
    'notices_expired_total',
    'Promised messages that the gateway did not take while they were worth sending.',
    [],
  );
  return {
    sent: (message, receipt) =>
      sent.inc({ message, outcome: typeof receipt === 'object' ? 'not-taken' : receipt }),
    expired: (messages) => expired.inc(messages),
  };
}

/** The same gateway, with its answers counted. */
export const counted = (gateway: SmsGateway, counts: MessageCounts): SmsGateway => ({
  ...gateway,
  async send(id, sms) {
    const receipt = await gateway.send(id, sms);
    counts.sent(sms.name, receipt);
    return receipt;
  },
});
