/**
 * The last net before a line is written. Code logs no personal data; what slips into an error message all
 * the same (a value a driver quotes, an address with its query) is taken out here, by its shape.
 */

/** Whether a line can hold any of the shapes below: most cannot, and cost one pass. */
const SUSPECT = /\d{8}|[?=]|eyJ|[\w-]{40}|(?:Bearer|Basic|DPoP) /;

/** Queries and fragments with parameters. */
const QUERY = /[?#][^\s"'<>?#]*=[^\s"'<>]*/g;
/** Credentials of an Authorization header. */
const CREDENTIALS = /\b(Bearer|Basic|DPoP) +[\w.~+/=-]{6,}/g;
/** Fields of a form. */
const FIELD =
  /\b(code|token|secret|password|assertion|ticket|verifier|[a-z]+_(?:token|secret|password|code|assertion|verifier|hint))=[^&\s"']+/gi;
/** JSON Web Tokens, signed or encrypted. */
const JWT = /\beyJ[\w-]{6,}(?:\.[\w-]*)+/g;
/** Opaque tokens: long, and of mixed case and digits (hexadecimal digests are not). */
const OPAQUE = /(?<![\w-])(?=[\w-]{40})(?=[^a-z\s]*[a-z])(?=[^A-Z\s]*[A-Z])(?=\D*\d)[\w-]+/g;
/** Eight digits and more, with up to three letters around: numbers of documents, telephones, accounts. UUIDs stay. */
const NUMBER =
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<![0-9A-Za-z])[A-Za-z]{0,3}\d{8,}[A-Za-z]?(?![0-9A-Za-z])/gi;

/** Takes out of a text what may identify a person or open a door. */
export function scrub(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return text
    .replace(QUERY, '?[query]')
    .replace(CREDENTIALS, '$1 [token]')
    .replace(FIELD, '$1=[value]')
    .replace(JWT, '[token]')
    .replace(OPAQUE, '[token]')
    .replace(NUMBER, (found) => (found.includes('-') ? found : '[number]'));
}
