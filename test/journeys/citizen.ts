/** What a citizen does at the pages, step by step, as the journeys need it. */
import { type EnrolInput, type EnrolRooms, enrolPerson } from '../../src/enrol.ts';
import type { Notices } from '../../src/notices/notice.ts';
import { personAt, type RegisteredPerson } from '../../src/registries/stand-in-population.ts';
import { HtmlClient, type HtmlPage } from '../support/html-client.ts';

export const PASSWORD = 'Snow-Lion-77-river';
const SEED = 'yihao';
let next = 1_000;

/** A registered, living citizen that no other test of this process has used. */
export function someCitizen(): RegisteredPerson {
  for (;;) {
    const person = personAt(SEED, next);
    next += 1;
    if (person.status === 'alive' && person.document.type === 'citizen-number') return person;
  }
}

let phones = 0;

/**
 * A phone number of the series 154, which no carrier was given. No two of one process end alike, because codes are
 * found by the masked number, and neighbours lie in different ranges, because ranges have limits.
 */
export function somePhone(): string {
  phones += 1;
  const range = (phones * 7_919) % 10_000;
  return `154${String(range).padStart(4, '0')}${String(phones).padStart(4, '0')}`;
}

/** The newest code that went to this phone. */
export async function codeFor(notices: Pick<Notices, 'listTrialMessages'>, phone: string): Promise<string> {
  const masked = `${phone.slice(0, 3)}****${phone.slice(-4)}`;
  const messages = (await notices.listTrialMessages!(200)).filter((message) => message.phone === masked);
  const code = messages.map(({ text }) => /(\d{6})/.exec(text)?.[1]).find((found) => found !== undefined);
  if (!code) throw new Error(`no code went to ${masked}`);
  return code;
}

/** Opens an account without the pages. */
export async function enrol(
  yihao: EnrolRooms,
  more: Partial<EnrolInput> = {},
): Promise<{ id: string; number: string; name: string; phone: string }> {
  const person = someCitizen();
  const phone = more.phone ?? somePhone();
  const outcome = await enrolPerson(
    yihao,
    {
      document_type: 'citizen-number',
      document_number: person.document.number,
      name: person.name,
      phone,
      password: PASSWORD,
      identity_level: 3,
      reason: 'test',
      ...more,
    },
    { actor: 'system' },
  );
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.failure));
  return { id: outcome.value.id, number: person.document.number, name: person.name, phone };
}

/** Fills in the sign-in form of a page. */
export const signIn = (
  client: HtmlClient,
  page: HtmlPage,
  identifier: string,
  password = PASSWORD,
  more: Record<string, string> = {},
  until?: string,
): Promise<HtmlPage> => client.submit(page, { identifier, password, ...more }, until ? { until } : {});

/** Goes through all forms of a registration and returns the page that follows the last one. */
export async function register(
  yihao: { notices: Pick<Notices, 'listTrialMessages'> },
  client: HtmlClient,
  person: { document: { type: string; number: string }; name: string },
  options: { phone?: string; first?: HtmlPage; password?: string } = {},
): Promise<HtmlPage> {
  const phone = options.phone ?? somePhone();
  let page = options.first ?? (await client.get('/register'));
  page = await client.submit(page, {
    document_type: person.document.type,
    document_number: person.document.number,
    name: person.name,
    accept_notice: '1',
  });
  page = await client.submit(page, { phone });
  page = await client.submit(page, { code: await codeFor(yihao.notices, phone) });
  return client.submit(page, { new_password: options.password ?? PASSWORD });
}

export { HtmlClient };
