/**
 * How to get to an old system's database or directory: address, user, password. Comes with the command, in a file of
 * its own or a variable, and is kept nowhere; no failure quotes any of it.
 */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { parse } from 'yaml';
import { z } from 'zod';
import { done, type Outcome } from '../../platform/failure.ts';
import { refusal } from './refusals.ts';

export interface Access {
  /** Without its colon: `postgres`, `mysql`, `ldaps`. */
  scheme: string;
  host: string;
  port: number;
  /** Of a database. */
  database: string;
  user: string | undefined;
  password: string | undefined;
  /** false: in the clear, by the operator's own word or on this machine only. */
  tls: ConnectionOptions | false;
}

/** Schemes of each kind of place, with the port where none is given. */
const SCHEMES: Record<string, Record<string, number>> = {
  postgres: { postgres: 5_432, postgresql: 5_432 },
  mysql: { mysql: 3_306, mariadb: 3_306 },
  mssql: { mssql: 1_433, sqlserver: 1_433 },
  oracle: { oracle: 1_521 },
  directory: { ldap: 389, ldaps: 636 },
};

const written = z.strictObject({
  url: z.string().max(2_000),
  user: z.string().min(1).max(1_000).optional(),
  password: z.string().min(1).max(1_000).optional(),
  /** Whether the line is encrypted; for ldap:// that is StartTLS. Left out: yes, unless it is this machine. */
  tls: z.boolean().optional(),
  /** PEM file of the authority that signed the server's certificate, where it is none of the system's. */
  ca: z.string().min(1).max(1_000).optional(),
});

const LONGEST = 10_000;

/**
 * Reads it. @param text a URL, or YAML with `url` and beside it `user`, `password`, `tls`, `ca`
 * @returns failure `source-access` with what is wrong in params.fault
 */
export function readAccess(text: string, kind: string): Outcome<Access> {
  const given = readText(text.trim());
  if (!given)
    return wrong('it must be a URL, or YAML with url and, where wanted, user, password, tls and ca');
  const schemes = SCHEMES[kind]!;
  const url = URL.parse(given.url);
  const scheme = url?.protocol.slice(0, -1) ?? '';
  if (!url || !Object.hasOwn(schemes, scheme))
    return wrong(`the URL must begin with ${Object.keys(schemes).join(':// or ')}://`);
  if (url.hostname === '') return wrong('the URL must name a host');
  if (url.search !== '' || url.hash !== '')
    return wrong('the URL takes nothing behind ? or #; characters of a password are percent-encoded');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const decoded = decodeParts(url);
  if (!decoded) return wrong('user, password and database in the URL must be percent-encoded');
  if (kind === 'directory' && decoded.database !== '')
    return wrong('the URL must end behind host and port: the base stands in the declaration');
  if (kind !== 'directory' && decoded.database === '') return wrong('the URL must name the database');
  const tls = readTls(given, scheme, host);
  if (!tls.ok) return tls;
  return done({
    scheme,
    host,
    port: url.port === '' ? schemes[scheme]! : Number(url.port),
    database: decoded.database,
    user: given.user ?? decoded.user,
    password: given.password ?? decoded.password,
    tls: tls.value,
  });
}

const wrong = (fault: string) => refusal('source-access', { fault });

function readText(text: string): z.output<typeof written> | undefined {
  if (text.length > LONGEST) return undefined;
  if (/^\w+:\/\/\S+$/.test(text)) return { url: text };
  try {
    return written.safeParse(parse(text, { maxAliasCount: 0, prettyErrors: false })).data;
  } catch {
    return undefined;
  }
}

function decodeParts(url: URL) {
  try {
    return {
      user: decodeURIComponent(url.username) || undefined,
      password: decodeURIComponent(url.password) || undefined,
      database: decodeURIComponent(url.pathname.replace(/^\//, '')),
    };
  } catch {
    return undefined;
  }
}

const isNumber = (host: string): boolean => isIP(host) !== 0;
const isHere = (host: string): boolean => /^(?:localhost|127(?:\.\d+){3}|::1)$/.test(host);

function readTls(
  { tls, ca }: z.output<typeof written>,
  scheme: string,
  host: string,
): Outcome<Access['tls']> {
  const secured = scheme === 'ldaps' || (tls ?? (ca !== undefined || !isHere(host)));
  if (scheme === 'ldaps' && tls === false) return wrong('ldaps:// is TLS; write ldap:// to go without');
  if (!secured) return done(false);
  // mysql2 would compare the certificate with "localhost" then.
  if (Object.hasOwn(SCHEMES.mysql!, scheme) && isNumber(host))
    return wrong(
      'the URL must name the host as its certificate does, not by its address (or say tls: false)',
    );
  try {
    const authority = ca === undefined ? {} : { ca: readFileSync(ca) };
    // A number is no server name (RFC 6066 section 3); the certificate is compared with it all the same.
    return done({ host, ...(isNumber(host) ? {} : { servername: host }), ...authority });
  } catch {
    return wrong('the file that ca names cannot be read');
  }
}
