/**
 * What went wrong at somebody else's database, in our words. Messages of servers and drivers quote addresses, names
 * and values, so only their codes are looked at.
 */
import type { Failure } from '../../platform/failure.ts';
import { type RefusalCode, refusal } from './refusals.ts';

/** By the codes of PostgreSQL (SQLSTATE), MySQL (errno), SQL Server (number) and Oracle (errorNum). */
const CODES: Partial<Record<RefusalCode, readonly (string | number)[]>> = {
  'source-login': ['28000', '28P01', 1_045, 1_698, 18_456, 'ELOGIN', 1_017, 1_005, 28_000],
  'source-rights': ['42501', 1_044, 1_142, 1_143, 229, 230, 916, 1_031],
  'source-no-database': ['3D000', 1_049, 4_060, 12_514, 12_505],
  'source-no-table': ['42P01', '3F000', 1_146, 208, 942],
  'source-no-column': ['42703', 1_054, 207, 904],
  'source-query': [
    ...['42601', '25006', '42803', '42809', '0A000', '42702', '42701', '42883', '42804', '42P10'],
    ...[1_064, 1_792, 1_248, 1_060, 1_052, 1_305, 102, 156, 900, 923, 933],
  ],
  'source-text': ['22021', '22P05'],
  'source-timeout': ['57014', 1_969, 3_024, 1_317, 'ETIMEOUT'],
  'source-host-unknown': ['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_FAIL', 12_545],
};

const REFUSED = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'ESOCKET', 12_541];
const SILENT = ['ETIMEDOUT', 'ETIMEOUT', 12_170];
const TLS = /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HANDSHAKE_)|SSL connections|SSL\/TLS/;

interface DriverError {
  code?: unknown;
  errno?: unknown;
  number?: unknown;
  errorNum?: unknown;
  message?: unknown;
  name?: unknown;
  cause?: unknown;
  errors?: unknown[];
}

/** The codes of an error, of what caused it, and of the tries it sums up. */
function codesOf(error: unknown, depth = 0): (string | number)[] {
  if (typeof error !== 'object' || error === null || depth > 3) return [];
  const { code, errno, number, errorNum, cause, errors = [] } = error as DriverError;
  return [
    ...[code, errno, number, errorNum].filter((each) => typeof each === 'string' || typeof each === 'number'),
    ...[cause, ...errors].flatMap((inner) => codesOf(inner, depth + 1)),
  ];
}

/**
 * The refusal that an error of a driver means. `connecting`: before the first answer, when a line that breaks is a
 * server that is not there.
 */
export function databaseRefusal(
  error: unknown,
  { connecting, seconds }: { connecting: boolean; seconds: number },
): { ok: false; failure: Failure } {
  const codes = codesOf(error);
  const { message, name } = error as DriverError;
  const text = String(message ?? '');
  const known = Object.entries(CODES).find(([, these]) => codes.some((code) => these.includes(code)));
  const slow =
    name === 'KnexTimeoutError' || /timeout/i.test(text) || codes.some((code) => SILENT.includes(code));
  if (codes.some((code) => TLS.test(String(code))) || TLS.test(text))
    return refusal('source-tls', { fault: safeCode(codes) });
  if (connecting && slow) return refusal('source-unreachable', { fault: 'no answer in time' });
  if (known) return refusal(known[0] as RefusalCode, { seconds });
  if (slow) return refusal('source-timeout', { seconds });
  if (connecting || codes.some((code) => REFUSED.includes(code)))
    return refusal('source-unreachable', { fault: safeCode(codes) });
  return refusal('source-lost', { fault: safeCode(codes) });
}

/** A code is a word or a number; anything else could be a sentence with a name in it. */
const safeCode = (codes: (string | number)[]): string =>
  String(codes.find((code) => /^-?[\w]{1,40}$/.test(String(code))) ?? 'without a code');
