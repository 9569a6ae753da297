/** The log: JSON lines on standard output, one object each, without personal data. */
import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino';
import { scrub } from './scrub.ts';
import type { ObserveSettings } from './settings.ts';

export type Log = Logger;

/** Members that are never written, wherever in an object (or one level deeper) they stand. */
const NEVER = new Set([
  ...[
    'authorization',
    'cookie',
    'cookies',
    'headers',
    'body',
    'query',
    'params',
    'parameters',
    'form',
    'url',
  ],
  ...['password', 'secret', 'token', 'code', 'pin', 'key', 'credential', 'assertion', 'ticket', 'otp'],
  ...['client_secret', 'access_token', 'refresh_token', 'id_token', 'client_assertion', 'code_verifier'],
  ...['name', 'phone', 'phone_number', 'email', 'number', 'identifier', 'birthdate', 'address', 'login_hint'],
]);

/** The same destination without the net, for lines whose every member is known to be harmless. */
const unscrubbed = new WeakMap<Log, Log>();

/**
 * Makes the log. `node` names this process in each line. Writes to standard output in blocks, at most a
 * quarter of a second late, unless a destination is handed in.
 */
export function makeLog(
  settings: Pick<ObserveSettings, 'level'> & { node?: string },
  to: DestinationStream = destination({ fd: 1, sync: false, minLength: 4_096, periodicFlush: 250 }),
): Log {
  const base = {
    level: settings.level,
    base: settings.node === undefined ? null : { node: settings.node },
    timestamp: stdTimeFunctions.isoTime,
  };
  const level = (label: string) => ({ level: label });
  const log = pino(
    { ...base, formatters: { level, log: withoutSecrets }, serializers: { err: describeError } },
    { write: (line: string) => to.write(scrub(line)) },
  );
  unscrubbed.set(log, pino({ ...base, formatters: { level } }, to));
  return log;
}

/** For lines made of closed sets and measurements only, such as those about requests: a tenth of the cost. */
export const harmless = (log: Log): Log => unscrubbed.get(log) ?? log;

/** pino's own redaction does this at fifty times the cost. */
function withoutSecrets(line: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(line)) {
    if (NEVER.has(name)) continue;
    kept[name] = isPlain(value)
      ? Object.fromEntries(Object.entries(value).filter(([inner]) => !NEVER.has(inner)))
      : value;
  }
  return kept;
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/**
 * An error's kind, message, place and cause. Not its other members: drivers hang rows and values on them
 * (PostgreSQL's `detail` quotes the key that collided).
 */
export function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) };
  const { code, constraint, table } = error as { code?: unknown; constraint?: unknown; table?: unknown };
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === 'string' ? { errorCode: code } : {}),
    ...(typeof constraint === 'string' ? { constraint } : {}),
    ...(typeof table === 'string' ? { table } : {}),
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}
