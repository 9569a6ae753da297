/** What somebody gets who copies the stores: every row, every key, every byte of the files. And how to look into it. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, openDatabase } from '../../src/platform/postgres.ts';
import { openRedis } from '../../src/platform/redis.ts';

/** All tables as text; binary columns as hexadecimal. */
export async function copyOfTables(address: { url?: string; folder: string }): Promise<string> {
  if (address.url) {
    try {
      return execFileSync('pg_dump', ['--inserts', '--no-owner', address.url], {
        encoding: 'utf8',
        maxBuffer: 1 << 28,
      });
    } catch (error) {
      // Not on every machine, or of another version than the server: then row by row.
      if (!/ENOENT|version mismatch/.test(String(error))) throw error;
    }
  }
  const database = await openDatabase({ ...address, poolSize: 1 });
  try {
    return await rowByRow(database);
  } finally {
    await database.close();
  }
}

async function rowByRow(database: Database): Promise<string> {
  const tables = await database.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
     WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
  );
  const parts: string[] = [];
  for (const { name } of tables) {
    const rows = await database.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
    parts.push(name, ...rows.map(({ row }) => row));
  }
  return parts.join('\n');
}

/** All keys below a prefix, with their values as text and as hexadecimal. */
export async function copyOfRedis(url: string, prefix: string): Promise<string> {
  const redis = (await openRedis({ url, keyPrefix: '' }))!;
  try {
    const parts: string[] = [];
    for (const key of await redis.keys(`${prefix}*`)) {
      const value = await redis.dumpBuffer(key);
      if (value) parts.push(key, value.toString('utf8'), value.toString('hex'));
    }
    return parts.join('\n');
  } finally {
    redis.disconnect();
  }
}

/** The files of an embedded database, old versions of rows and the write-ahead log among them. */
export const bytesOfFolder = (folder: string): Buffer[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)));

/** A text in every dress it may rest in: hexadecimal, base64 at any offset, escaped for JSON or an address, UTF-16. */
export function dresses(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const escaped = secret.replace(/[^\x20-\x7e]/g, (sign) =>
    [...Array(sign.length).keys()]
      .map((at) => `\\u${sign.charCodeAt(at).toString(16).padStart(4, '0')}`)
      .join(''),
  );
  return [
    ...new Set([
      ...[secret, secret.toLowerCase(), secret.toUpperCase(), escaped, encodeURIComponent(secret)],
      ...[bytes.toString('hex'), Buffer.from(secret, 'utf16le').toString('hex')],
      ...(secret.length >= 10 ? [0, 1, 2].flatMap((offset) => inBase64(bytes, offset)) : []),
    ]),
  ];
}

/** The part of a base64 text that these bytes decide alone when others stand before and after them. */
function inBase64(bytes: Buffer, offset: number): string[] {
  const whole = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  const sure = whole.slice(offset === 0 ? 0 : 4, -2);
  return [sure, sure.replaceAll('+', '-').replaceAll('/', '_')];
}
