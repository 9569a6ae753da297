/**
 * A row of an old password table, and what a recipe makes of it. Never throws and never quotes a stored value:
 * faults go into reports.
 */

/** As read from the old table; nothing trimmed or folded except what a recipe does itself. */
export interface StoredPassword {
  hash: string;
  salt?: string | undefined;
  /** The old sign-in name, in the spelling it had when the password was set. */
  userName?: string | undefined;
}

/** What a computation needs besides the password. */
export interface PasswordFacts {
  /** What {@link ReadPassword} handed back as salt. */
  salt?: string | undefined;
  userName?: string | undefined;
}

/**
 * - `digest`: can be computed again from password, salt and user name. The canonical text is to be wrapped in
 *   argon2id at once, so that no fast hash rests in our base; `salt` is kept beside it and handed back to
 *   `compute`. It may be more than the salt: everything but the hash (`$1$abcdefgh$`, `{SSHA}73616c74`).
 * - `modular`: carries its own cost and can only be verified (bcrypt, argon2). Kept as it is.
 * - `reversible`: the password itself. To be hashed at once and marked for change.
 *
 * `slow`: computing or verifying takes more than about five milliseconds and belongs in the hash queue.
 */
export type ReadPassword =
  | { kind: 'digest'; canonical: string; salt?: string; slow: boolean }
  | { kind: 'modular'; stored: string; slow: true }
  | { kind: 'reversible'; password: string; slow: false };

/** Why a row does not fit its recipe. `reason` is stable; `detail` is for the operator and quotes no value. */
export interface RowFault {
  reason: 'shape' | 'cost' | 'salt' | 'user-name' | 'unsupported';
  detail: string;
}

export type Read<Value, Fault> = { ok: true; value: Value } | { ok: false; fault: Fault };

export const fits = <Value>(value: Value): { ok: true; value: Value } => ({ ok: true, value });

export const misfit = (reason: RowFault['reason'], detail: string): { ok: false; fault: RowFault } => ({
  ok: false,
  fault: { reason, detail },
});

/** How one kind of stored value is read and verified; a recipe is one of these, or several behind marks. */
export interface PasswordFormat {
  /** Reads a row at import: shape and cost. */
  read(stored: StoredPassword): Read<ReadPassword, RowFault>;
  /**
   * The canonical text that this password gives, or undefined when it can give none (unusable password,
   * character beyond the encoding, facts missing or beyond a ceiling, not a digest).
   */
  compute(password: string, facts: PasswordFacts): Promise<string | undefined>;
  /** Whether the password belongs to a `modular` value; false for everything else. */
  verify(password: string, stored: string): Promise<boolean>;
}
