/**
 * What a person or a client may cause is a value, not an exception. A failure carries a stable code that
 * names its texts (`failures.<code>.title|next` in views/texts) and its problem type (RFC 9457).
 */
export interface Failure {
  /** Stable, kebab-case, documented; also the text key. */
  code: string;
  /** HTTP status when it reaches an answer. */
  status: number;
  /** Placeholders for the text; never an identity number, name, phone or secret. */
  params?: Record<string, string | number>;
  /** The form field at fault, by its stable name. */
  field?: string;
  /** Seconds after which trying again makes sense. */
  retryAfter?: number;
}

export type Outcome<Value> = { ok: true; value: Value } | { ok: false; failure: Failure };

export const done = <Value>(value: Value): Outcome<Value> => ({ ok: true, value });

export const failed = (
  code: string,
  status: number,
  more: Omit<Failure, 'code' | 'status'> = {},
): { ok: false; failure: Failure } => ({
  ok: false,
  failure: { code, status, ...more },
});

/** Breaks off a request from deep inside, where a value cannot be handed up (middleware, adapters). */
export class Refused extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.code);
    this.name = 'Refused';
    this.failure = failure;
  }
}
