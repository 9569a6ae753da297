/**
 * Entries of an LDAP directory (RFC 4511) as rows: declared attributes only, in pages (RFC 2696), each page bounded in
 * bytes and time. Of several values the first is kept and marked. References to other servers are counted and not
 * followed, so no loop of them leads anywhere; aliases are not followed either.
 */
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { Client, type Entry, FilterParser } from 'ldapts';
import { done, type Failure, type Outcome, Refused } from '../../platform/failure.ts';
import type { DirectoryPlace } from '../declared-place.ts';
import type { Access } from './access.ts';
import { countLost, decoderFor } from './decode.ts';
import { mapPrivateUse } from './private-use.ts';
import { type RefusalCode, refusal } from './refusals.ts';
import { DOUBTFUL, emptyFacts, inBatches, restart, toRow, withDefaults } from './rows.ts';
import type { RowMark, Source, SourceFacts, SourceRow } from './source.ts';

export interface DirectoryLimits {
  connectMs: number;
  /** For one answer: a page of entries. */
  statementMs: number;
  /** Entries in a page, and bytes of it. */
  rows: number;
  answerBytes: number;
}

export const DIRECTORY_LIMITS: DirectoryLimits = {
  connectMs: 10_000,
  statementMs: 60_000,
  rows: 200,
  answerBytes: 16 * 1024 * 1024,
};

/** Characters of a value that is read. */
const FIELD_CHARACTERS = 4_096;
/** The column that stands for the entry's own name. */
const NAME = 'dn';
/** Values that are bytes and mean nothing as text; they become hex. */
const BYTES = /^(?:objectguid|objectsid|entryuuid;binary|.*;binary)$/i;

/**
 * Opens it: connects, secures the line, signs in and looks whether the base is there.
 * @param attributes declared ones; `dn` is the entry's name
 * @returns failures of sources/refusals.ts
 */
export async function openDirectorySource(
  place: DirectoryPlace,
  access: Access,
  attributes: readonly string[],
  limits: DirectoryLimits = DIRECTORY_LIMITS,
): Promise<Outcome<{ source: Source; close(): Promise<void> }>> {
  if (!isFilter(place.filter)) return refusal('source-filter');
  const meter = { bytes: 0 };
  const client = makeClient(access, limits, meter);
  const close = async () => {
    await client.unbind().catch(() => {});
  };
  const ask = async <Answer>(connecting: boolean, work: () => Promise<Answer>): Promise<Answer> => {
    meter.bytes = 0;
    const answer = await work().then(
      (value) => ({ ok: true as const, value }),
      (error: unknown) => ({ ok: false as const, error }),
    );
    // Also when the last of it came in one piece with its end.
    if (meter.bytes > limits.answerBytes)
      throw new Refused(refusal('source-answer-large', { limit: limits.answerBytes }).failure);
    if (answer.ok) return answer.value;
    const seconds = limits.statementMs / 1_000;
    throw new Refused(directoryRefusal(answer.error, connecting, seconds).failure);
  };
  try {
    await ask(true, async () => {
      if (access.tls && access.scheme === 'ldap') await client.startTLS({ ...access.tls });
      await client.bind(access.user ?? '', access.password ?? '');
    });
    await ask(false, () =>
      client.search(place.base, { scope: 'base', filter: '(objectClass=*)', attributes: ['1.1'] }),
    );
  } catch (error) {
    await close();
    if (error instanceof Refused) return { ok: false, failure: error.failure };
    throw error;
  }

  const facts: SourceFacts = { ...emptyFacts('directory', 0), referrals: 0 };
  const make = rowMaker(attributes, facts);
  const asked = attributes.filter((name) => name !== NAME);
  async function* rows(): AsyncGenerator<SourceRow[]> {
    restart(facts);
    facts.referrals = 0;
    const pages = client.searchPaginated(place.base, {
      scope: place.scope,
      filter: place.filter,
      // An empty list would ask for everything; 1.1 asks for nothing but the name.
      attributes: asked.length > 0 ? asked : ['1.1'],
      explicitBufferAttributes: [...attributes],
      derefAliases: 'never',
      paged: { pageSize: limits.rows },
    });
    let at = 0;
    for (;;) {
      const page = await ask(false, () => pages.next());
      if (page.done) return;
      facts.referrals! += page.value.searchReferences.length;
      const numbered = page.value.searchEntries.map((entry) => {
        at += 1;
        return { at, entry };
      });
      facts.bytesRead += meter.bytes;
      yield* inBatches(numbered, make, facts);
    }
  }
  return done({ source: { columns: attributes, rows, facts: () => ({ ...facts }) }, close });
}

function isFilter(text: string): boolean {
  try {
    FilterParser.parseString(text);
    return true;
  } catch {
    return false;
  }
}

/** The library holds a whole answer in memory, however long: whoever sends more than is right is cut off. */
function makeClient(access: Access, limits: DirectoryLimits, meter: { bytes: number }): Client {
  const metered = <Line extends Socket>(line: Line): Line => {
    line.on('data', (data) => {
      meter.bytes += data.length;
      if (meter.bytes > limits.answerBytes) line.destroy(new Error('answer too large'));
    });
    return line;
  };
  const { scheme, host, port, tls } = access;
  return new Client({
    url: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    timeout: limits.statementMs,
    connectTimeout: limits.connectMs,
    ...(scheme === 'ldaps' && tls ? { tlsOptions: tls } : {}),
    createConnection: ((...given: [number, string]) => metered(connect(...given))) as typeof connect,
    createSecureConnection: ((...given: Parameters<typeof connectSecurely>) =>
      metered(connectSecurely(...given))) as typeof connectSecurely,
  });
}

function rowMaker(
  attributes: readonly string[],
  facts: SourceFacts,
): (numbered: { at: number; entry: Entry }) => SourceRow {
  const decode = decoderFor('utf-8');
  const bounds = withDefaults({ fieldCharacters: FIELD_CHARACTERS });
  const toText = (name: string, value: Buffer | string): string => {
    const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value);
    return BYTES.test(name) ? bytes.toString('hex') : mapPrivateUse(decode(bytes), facts);
  };
  return ({ at, entry }) => {
    const given = new Map(Object.entries(entry).map(([name, value]) => [name.toLowerCase(), value]));
    const marks: RowMark[] = [];
    const values = attributes.map((name) => {
      const value = given.get(name.toLowerCase()) ?? [];
      const all: (Buffer | string)[] = Array.isArray(value) ? value : [value];
      if (all.length > 1) marks.push({ code: 'several-values', column: name });
      const text = all[0] === undefined ? '' : toText(name, all[0]);
      countLost(text, facts);
      return text;
    });
    const row = toRow(
      at,
      values,
      attributes,
      bounds,
      values.some((value) => DOUBTFUL.test(value)),
    );
    return row.unusable || marks.length === 0 ? row : { ...row, marks: [...row.marks, ...marks] };
  };
}

/** Result codes of [RFC 4511] 4.1.9. */
const RESULTS: Record<number, RefusalCode> = {
  3: 'source-timeout',
  4: 'source-size-limit',
  8: 'source-login',
  10: 'source-referral',
  11: 'source-size-limit',
  13: 'source-tls',
  32: 'source-no-base',
  34: 'source-no-base',
  48: 'source-login',
  49: 'source-login',
  50: 'source-rights',
};
const UNKNOWN_HOST = ['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_FAIL'];
const TLS = /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO)/;

/** Messages of servers quote entries, so only codes are looked at. */
function directoryRefusal(
  error: unknown,
  connecting: boolean,
  seconds: number,
): { ok: false; failure: Failure } {
  const { code, message = '' } = error as { code?: number | string; message?: string };
  if (typeof code === 'number') {
    const fault = `result ${code}`;
    return refusal(RESULTS[code] ?? (connecting ? 'source-unreachable' : 'source-lost'), { fault, seconds });
  }
  const fault = code ?? (/time/i.test(message) ? 'no answer in time' : 'connection closed');
  if (UNKNOWN_HOST.includes(String(code))) return refusal('source-host-unknown');
  if (TLS.test(String(code))) return refusal('source-tls', { fault });
  if (connecting) return refusal('source-unreachable', { fault });
  return /timed? ?out/i.test(message)
    ? refusal('source-timeout', { seconds })
    : refusal('source-lost', { fault });
}
