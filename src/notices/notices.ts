/** Short messages, sent at once or promised in a transaction and sent after it. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';
import { done, failed } from '../platform/failure.ts';
import type { Metrics } from '../platform/observe/metrics.ts';
import type { Outbox } from '../platform/outbox.ts';
import { openPartner, type PartnerMeter } from '../platform/partner/partner.ts';
import type { Database } from '../platform/postgres.ts';
import { reseal } from '../platform/seal/reseal-store.ts';
import type { Sealer } from '../platform/seal/sealer.ts';
import { counted, countMessages, type MessageCounts, NOT_COUNTED } from './message-counts.ts';
import type { Notices, SmsGateway, SmsReceipt } from './notice.ts';
import type { NoticesSettings } from './settings.ts';
import { sendOverHttp } from './sms-gateway.ts';
import { findPromised, insertPromised, removePromised, sweepPromised } from './store.ts';
import { openTrialOutbox } from './trial-outbox.ts';
import { type ComposedSms, compose } from './wording.ts';

export type { CodeSms, Notices, Sms, TrialMessage } from './notice.ts';

const QUEUE = 'notice-sms';
const HOUR_MS = 3_600_000;
/** What a person is asked to wait when the gateway does not answer. */
const RETRY_AFTER_SECONDS = 30;

const place = (id: string) => ({ table: 'notice_message', column: 'content', row: id });

export interface NoticesOptions {
  database: Database;
  sealer: Sealer;
  clock: Clock;
  outbox: Outbox;
  settings: NoticesSettings;
  /** Counts what is paid for. */
  meter?: PartnerMeter;
  /** Where messages are counted, by what the gateway said. */
  metrics?: Pick<Metrics, 'counter'>;
}

/** @throws ConfigurationError when the gateway's settings cannot work */
export function openNotices(options: NoticesOptions): Notices {
  const { database, sealer, clock, outbox, settings } = options;
  const trial =
    settings.kind === 'trial-outbox'
      ? openTrialOutbox({ ...options, signature: settings.signature, most: settings.trialMessages })
      : undefined;
  const counts = options.metrics ? countMessages(options.metrics) : NOT_COUNTED;
  const gateway = counted(
    trial ??
      sendOverHttp(
        openPartner('sms-gateway', 'notices.gateway', settings.gateway, clock, options.meter),
        settings,
      ),
    counts,
  );

  const notices: Notices = {
    async sms(tx, sms) {
      const composed = compose(sms, settings.languages);
      const id = randomUUID();
      if (!tx) return told(await gateway.send(id, composed));
      const content = sealer.seal(place(id), JSON.stringify(composed));
      const keepUntil = new Date(clock.now().getTime() + settings.keepHours * HOUR_MS);
      await insertPromised(tx, { id, content, keepUntil });
      await outbox.send(tx, QUEUE, { message: id });
      return done(undefined);
    },
    async deliver(sms) {
      const sent = await notices.sms(undefined, sms);
      if (!sent.ok) throw new Error(`message not taken: ${sent.failure.code}`);
    },
    listTrialMessages: trial && ((limit) => trial.list(limit)),
    check: () => gateway.check(),
    prepare: () =>
      outbox.queue(QUEUE, {
        retryLimit: settings.retries,
        retryDelaySeconds: settings.pauseSeconds,
        retryDelayMaxSeconds: settings.longestPauseSeconds,
        expireInSeconds: Math.ceil(settings.gateway.deadlineMs / 1000) + 30,
      }),
    work: () =>
      outbox.work<{ message: string }>(QUEUE, ({ message }) =>
        sendPromised(options, gateway, counts, message),
      ),
    async sweep(now, limit) {
      const swept = await sweepPromised(database, now, limit);
      counts.expired(swept);
      return swept;
    },
    reseal: async () =>
      (await reseal(database, sealer, { table: 'notice_message', column: 'content', key: 'id' })) +
      (await reseal(database, sealer, { table: 'trial_message', column: 'content', key: 'id' })),
    close: () => gateway.close(),
  };
  return notices;
}

/**
 * Sends one promised message and forgets it. A node that dies between the two sends it again under the same
 * id, which the gateway knows. @throws when it should be tried again
 */
async function sendPromised(
  { database, sealer, clock }: NoticesOptions,
  gateway: SmsGateway,
  counts: MessageCounts,
  id: string,
): Promise<void> {
  const message = await findPromised(database, id);
  if (!message) return;
  if (message.keepUntil > clock.now()) {
    const composed = JSON.parse(sealer.open(place(id), message.content)) as ComposedSms;
    const receipt = await gateway.send(id, composed);
    if (typeof receipt === 'object') throw new Error(`message not taken: ${receipt.unavailable}`);
  } else counts.expired(1);
  await removePromised(database, id);
}

function told(receipt: SmsReceipt) {
  if (receipt === 'accepted') return done(undefined);
  if (receipt === 'number-refused') return failed('sms-number-refused', 422, { field: 'phone' });
  return failed('sms-not-sent', 503, { field: 'phone', retryAfter: RETRY_AFTER_SECONDS });
}
