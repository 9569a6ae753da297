/** What the players of one run were told, to be held against what the installation remembers afterwards. */

export interface Release {
  client: string;
  number: string;
  via: 'id_token' | 'userinfo';
}

export class Ledger {
  /** One-time things that were accepted more than once. */
  readonly twice: string[] = [];
  /** Answers that a citizen or an application should never get. */
  readonly oddities: string[] = [];
  readonly releases: Release[] = [];
  /** Sessions, by their `sid`, whose people were told that they are signed out. */
  readonly signedOut: string[] = [];
  /** Set when no more kills come: whoever has begun finishes, nobody begins anew. */
  closing = false;
  readonly counts: Record<string, number> = {};
  readonly #accepted = new Set<string>();

  accepted(what: string, thing: string): void {
    const key = `${what} ${thing}`;
    if (this.#accepted.has(key)) this.twice.push(key);
    this.#accepted.add(key);
    this.count(`${what} accepted`);
  }

  odd(what: string): void {
    this.oddities.push(what);
  }

  /** For the summary: a run that did little proves little. */
  count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  /** Between two tries. */
  pause(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, 120));
  }
}
