/**
 * The embedded database: PGlite (PostgreSQL as WebAssembly) behind a Unix socket in the data folder, so that
 * the server and the command line reach it through the same driver as a real PostgreSQL.
 *
 * One process at a time has it open and serves it to the others. When that one ends, whether it closes or is
 * killed, the next one that needs the database opens it.
 */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { Connection, Gate } from './embedded-gate.ts';
import { type ProcessLock, takeLock } from './process-lock.ts';

/** Where clients connect: `host` is a folder for Unix sockets, as in libpq. */
export interface EmbeddedAddress {
  host: string;
  port: number;
}

/** A place at the database, served by this process or by another. */
export interface EmbeddedPlace {
  address: EmbeddedAddress;
  /** Whether another process serves it. */
  guest: boolean;
  /** Ends serving, if it is this process that does. */
  leave(): Promise<void>;
}

const PORT = 5432;
const SOCKET = `.s.PGSQL.${PORT}`;
/** Linux refuses longer socket paths (sun_path is 108 bytes). */
const LONGEST_SOCKET_PATH = 100;
/** Making a new database takes seconds, on a busy machine many; whoever comes meanwhile waits. */
const PATIENCE_MS = 60_000;
const LOOK_AGAIN_MS = 50;

/**
 * Opens the database in `folder` and serves it, or finds the process that does.
 * @throws when another process holds the folder and does not answer
 */
export async function joinEmbedded(folder: string): Promise<EmbeddedPlace> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const giveUp = Date.now() + PATIENCE_MS;
  for (;;) {
    // The lock decides, never the look of the folder: a killed process leaves its socket and pointer behind.
    const lock = takeLock(join(folder, 'lock'));
    if (lock) return serve(folder, lock);
    const address = await servedAddress(folder);
    if (address) return { address, guest: true, leave: async () => {} };
    if (Date.now() > giveUp)
      throw new Error(`the embedded database in ${folder} is held by a process that does not answer`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

async function serve(folder: string, lock: ProcessLock): Promise<EmbeddedPlace> {
  let database: PGlite | undefined;
  try {
    database = await PGlite.create({ dataDir: join(folder, 'pg') });
    const gate = new Gate(database);
    const host = socketFolder(folder);
    const server = await listen(join(host, SOCKET), gate);
    writeFileSync(pointer(folder), host, { mode: 0o600 });
    return {
      address: { host, port: PORT },
      guest: false,
      async leave() {
        rmSync(pointer(folder), { force: true });
        await stop(server, gate);
        if (host !== folder) rmSync(host, { recursive: true, force: true });
        await database?.close();
        lock.release();
      },
    };
  } catch (error) {
    await database?.close().catch(() => {});
    lock.release();
    throw error;
  }
}

async function listen(path: string, gate: Gate): Promise<Server> {
  const server = createServer((socket) => new Connection(socket, gate));
  rmSync(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  return server;
}

async function stop(server: Server, gate: Gate): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const connection of gate.connections) connection.socket.destroy();
  await closed;
  await gate.close();
}

/** Where a running process offers this folder's database, or undefined when none answers. */
async function servedAddress(folder: string): Promise<EmbeddedAddress | undefined> {
  const host = pointedAt(folder);
  if (host === undefined) return undefined;
  return new Promise((resolve) => {
    const probe = connect(join(host, SOCKET));
    probe.once('connect', () => {
      probe.destroy();
      resolve({ host, port: PORT });
    });
    probe.once('error', () => resolve(undefined));
  });
}

const pointer = (folder: string) => join(folder, 'socket-folder');

function pointedAt(folder: string): string | undefined {
  return existsSync(pointer(folder)) ? readFileSync(pointer(folder), 'utf8') : undefined;
}

/** The folder itself, or a short one elsewhere; the one that a killed process has left is used again. */
function socketFolder(folder: string): string {
  if (join(folder, SOCKET).length <= LONGEST_SOCKET_PATH) return folder;
  const left = pointedAt(folder);
  return left && isOwn(left) ? left : mkdtempSync(join(tmpdir(), 'yihao-'));
}

/** In a temporary folder for all users, a stranger may have made it anew meanwhile. */
function isOwn(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
}
