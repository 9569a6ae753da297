/**
 * What one old password may cost us. The numbers stand inside the imported values, so whoever fills the old
 * system's table chooses how long we compute: a value above a ceiling is refused at import and never run.
 */
export const CEILINGS = {
  /** log2 of bcrypt's rounds; 14 is about a second. */
  bcryptCost: 14,
  pbkdf2Iterations: 2_000_000,
  /** `rounds=` of $5$ and $6$. */
  cryptRounds: 1_000_000,
  /** log2 of phpass's MD5 calls. */
  phpassCost: 18,
  /** Of scrypt and argon2. */
  memoryKib: 256 * 1024,
  /** argon2's passes; scrypt's p, which Node computes one after the other. */
  passes: 10,
  /** argon2's lanes. */
  lanes: 16,
  /** Digests of all `repeat` steps of one formula together. */
  formulaSteps: 1_000_000,
} as const;

/** Characters of a password that is looked at; a longer one matches nothing. */
export const LONGEST_PASSWORD = 1024;

/** Characters of a stored hash, a salt or an old user name. */
export const LONGEST_STORED = 1024;

/** From here on computing wants the hash queue: about five milliseconds of digests. */
export const SLOW_STEPS = 2_000;
