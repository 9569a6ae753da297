/** Handing a signed message to a department's server: once; who calls knows whether and when to try again. */
import type { Outgoing } from './outgoing.ts';

export interface Message {
  headers: Record<string, string>;
  body: string | URLSearchParams;
  /** Statuses that say it was taken. */
  taken: readonly number[];
}

/** Undefined when taken; otherwise what went wrong, fit to be shown to the department. */
export async function handOver(
  outgoing: Outgoing,
  address: string,
  { headers, body, taken }: Message,
): Promise<string | undefined> {
  try {
    const response = await outgoing(address, { method: 'POST', headers, body });
    if (taken.includes(response.status)) return undefined;
    return `answered ${response.status}${await errorIn(response)}`;
  } catch (error) {
    const { code } = error as { code?: unknown };
    return typeof code === 'string' ? code : (error as Error).message.slice(0, 200);
  }
}

/** The error code of RFC 8935 section 2.4, where the answer names one. */
async function errorIn(response: Response): Promise<string> {
  if (response.status !== 400) return '';
  const said: unknown = await response.json().catch(() => undefined);
  const err = typeof said === 'object' && said !== null ? (said as { err?: unknown }).err : undefined;
  return typeof err === 'string' && /^[\w.-]{1,60}$/.test(err) ? `: ${err}` : '';
}
