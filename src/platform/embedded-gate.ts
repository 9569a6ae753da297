/**
 * The gate before the one session of the embedded database. It lets one connection at a time speak, for a whole
 * round (up to Sync or a simple query) or a whole transaction; without it, the Parse of one connection and the
 * Bind of another would meet in the same unnamed statement.
 */
import type { Socket } from 'node:net';
import type { PGlite } from '@electric-sql/pglite';

const PROTOCOL_3 = 196608;
const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;
const CANCEL_REQUEST = 80877102;
const SYNC = 0x53;
const SIMPLE_QUERY = 0x51;
const TERMINATE = 0x58;

/** As PostgreSQL's own WAL writer by default. */
const WRITE_OUT_MS = 200;
/**
 * Some statements commit without waiting for the disk, and rely on PostgreSQL's WAL writer to follow within a
 * moment. A single session has no such process: what it committed so would rest in memory until another commit
 * waits, and be lost if this process is killed, however much later.
 */
const WRITE_OUT = `SELECT pg_logical_emit_message(false, 'yihao', '', true)
  WHERE pg_current_wal_insert_lsn() <> pg_current_wal_flush_lsn()`;

/** Lets one connection at a time speak to the one session. */
export class Gate {
  readonly connections = new Set<Connection>();
  readonly #database: PGlite;
  readonly #waiting: Connection[] = [];
  #owner: Connection | undefined;
  #busy = false;
  #writeOut: NodeJS.Timeout | undefined;

  constructor(database: PGlite) {
    this.#database = database;
  }

  /** A connection has a whole round to send. */
  request(connection: Connection): void {
    if (!this.#waiting.includes(connection)) this.#waiting.push(connection);
    void this.#run();
  }

  /** A connection went away; its open transaction must not hold the others. */
  async leave(connection: Connection): Promise<void> {
    this.connections.delete(connection);
    const at = this.#waiting.indexOf(connection);
    if (at >= 0) this.#waiting.splice(at, 1);
    if (this.#owner === connection && !this.#busy) {
      this.#owner = undefined;
      this.#busy = true;
      if (this.#database.isInTransaction()) await this.#database.exec('ROLLBACK');
      this.#busy = false;
      void this.#run();
    }
  }

  /** Waits for the round under way and takes no more. */
  async close(): Promise<void> {
    while (this.#busy) await new Promise((resolve) => setTimeout(resolve, 5));
    clearTimeout(this.#writeOut);
    this.#busy = true;
  }

  async #run(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (;;) {
        const at = this.#owner ? this.#waiting.indexOf(this.#owner) : 0;
        const next = at < 0 ? undefined : this.#waiting.splice(at, 1)[0];
        if (!next) break;
        for (const message of next.takeRound()) {
          await this.#database.runExclusive(() =>
            this.#database.execProtocolRawStream(message, { onRawData: (data) => next.answer(data) }),
          );
        }
        this.#owner = this.#database.isInTransaction() ? next : undefined;
        if (this.#owner && !this.connections.has(this.#owner)) {
          this.#owner = undefined;
          await this.#database.exec('ROLLBACK');
        }
        if (next.hasRound()) this.#waiting.push(next);
      }
    } finally {
      this.#busy = false;
    }
    this.#writeOut ??= setTimeout(() => void this.#writeOutNow(), WRITE_OUT_MS).unref();
  }

  async #writeOutNow(): Promise<void> {
    this.#writeOut = undefined;
    // Whoever speaks now comes back here when they have finished.
    if (this.#busy || this.#owner) return;
    this.#busy = true;
    // If it cannot be written, the next commit that waits will say so to somebody who can be told.
    await this.#database.exec(WRITE_OUT).catch(() => {});
    this.#busy = false;
    void this.#run();
  }
}

/** Cuts a client's bytes into rounds and hands them to the gate. */
export class Connection {
  readonly socket: Socket;
  readonly #gate: Gate;
  #bytes: Buffer = Buffer.alloc(0);
  #messages: Uint8Array[] = [];
  #rounds = 0;
  #started = false;

  constructor(socket: Socket, gate: Gate) {
    this.socket = socket;
    this.#gate = gate;
    gate.connections.add(this);
    socket.on('data', (data) => this.#read(data));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => void gate.leave(this));
  }

  hasRound(): boolean {
    return this.#rounds > 0;
  }

  /** The messages of the oldest whole round. */
  takeRound(): Uint8Array[] {
    const end = this.#messages.findIndex(endsRound);
    this.#rounds -= 1;
    return this.#messages.splice(0, end + 1);
  }

  answer(data: Uint8Array): void {
    if (!this.socket.destroyed) this.socket.write(Buffer.from(data));
  }

  #read(data: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? data : Buffer.concat([this.#bytes, data]);
    for (;;) {
      const message = this.#next();
      if (!message) break;
      this.#messages.push(message);
      if (endsRound(message)) this.#rounds += 1;
    }
    if (this.#rounds > 0) this.#gate.request(this);
  }

  #next(): Uint8Array | undefined {
    while (!this.#started && this.#bytes.length >= 8) {
      const length = this.#bytes.readInt32BE(0);
      const code = this.#bytes.readInt32BE(4);
      if (code === PROTOCOL_3) {
        if (this.#bytes.length < length) return undefined;
        this.#started = true;
        return this.#take(length);
      }
      this.#bytes = this.#bytes.subarray(length);
      if (code === SSL_REQUEST || code === GSS_REQUEST) this.socket.write('N');
      else if (code !== CANCEL_REQUEST) this.socket.destroy();
    }
    if (!this.#started || this.#bytes.length < 5) return undefined;
    const length = 1 + this.#bytes.readInt32BE(1);
    if (this.#bytes.length < length) return undefined;
    if (this.#bytes[0] === TERMINATE) {
      this.socket.end();
      return undefined;
    }
    return this.#take(length);
  }

  #take(length: number): Uint8Array {
    const message = new Uint8Array(this.#bytes.subarray(0, length));
    this.#bytes = this.#bytes.subarray(length);
    return message;
  }
}

/** The startup packet has no type byte: its first byte is the high byte of a small length, always 0. */
const endsRound = (message: Uint8Array): boolean =>
  message[0] === SYNC || message[0] === SIMPLE_QUERY || message[0] === 0;
