/** What trial mode adds to the server: two sample departments, a few sample people, and where to click. */
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Yihao } from './app.ts';
import { enrolPerson } from './enrol.ts';
import { personAt } from './registries/stand-in-population.ts';
import { ROOT } from './settings.ts';

/** Published in docs/trial.md, hence only fit for people who do not exist. */
export const TRIAL_PASSWORD = 'Lhasa-Trial-2026';
const SAMPLE_PEOPLE = 4;

interface Declared {
  client_id: 'social-insurance' | 'housing-fund';
  client_secret: string;
  scope: string;
  [name: string]: unknown;
}

/** One line of the list of sample people. */
export interface SamplePerson {
  name: string;
  documentType: string;
  documentNumber: string;
  phone: string;
  remark: string;
}

/** Starts the extras and prints the list of addresses; returns how to stop them. */
export async function openTrial(yihao: Yihao): Promise<() => Promise<void>> {
  const { settings } = yihao;
  const people = settings.trial.people ? await enrolSamplePeople(yihao) : [];
  const sites = settings.trial.departments ? await openDepartments(yihao) : [];
  print(yihao, people, sites.length > 0);
  return async () => {
    for (const site of sites) {
      site.closeAllConnections();
      await new Promise((resolve) => site.close(resolve));
    }
  };
}

/** The first living citizens of the stand-in register get accounts; those after them are free to register. */
export async function enrolSamplePeople(yihao: Yihao): Promise<SamplePerson[]> {
  const { seed } = yihao.settings.registries.standIn;
  const samples: SamplePerson[] = [];
  for (let n = 0; samples.length < SAMPLE_PEOPLE; n += 1) {
    const person = personAt(seed, n);
    if (person.status !== 'alive') continue;
    const made = await enrolPerson(
      yihao,
      {
        document_type: person.document.type,
        document_number: person.document.number,
        name: person.name,
        phone: person.phone,
        password: TRIAL_PASSWORD,
        identity_level: 3,
        reason: 'sample person of trial mode',
      },
      { actor: 'system' },
    );
    // At a later start they are there already.
    if (!made.ok && made.failure.code !== 'account-exists') {
      throw new Error(`sample person ${n} was refused: ${made.failure.code}`);
    }
    samples.push({
      name: person.name,
      documentType: person.document.type,
      documentNumber: person.document.number,
      phone: person.phone,
      remark: person.remark,
    });
  }
  return samples;
}

/** Ports of the sample departments follow the server's own. */
export const departmentOrigin = (port: number, at: number): string => `http://localhost:${port + 1 + at}`;

async function openDepartments(yihao: Yihao): Promise<Server[]> {
  // The samples and their OpenID library are not part of a production installation.
  const { startDepartment } = await import('../examples/site.ts');
  const { port, issuer } = yihao.settings;
  const declared = readDepartments(port);
  const sites: Server[] = [];
  for (const [at, definition] of declared.entries()) {
    const outcome = await yihao.clients.ensure(definition, { actor: 'system', reason: 'sample department' });
    if (!outcome.ok)
      throw new Error(
        `sample department ${definition.client_id} was refused: ${JSON.stringify(outcome.failure)}`,
      );
    const other = declared.length - 1 - at;
    sites.push(
      await startDepartment({
        key: definition.client_id,
        issuer,
        clientId: definition.client_id,
        clientSecret: definition.client_secret,
        origin: departmentOrigin(port, at),
        port: port + 1 + at,
        scope: definition.scope,
        neighbour: { key: declared[other]!.client_id, origin: departmentOrigin(port, other) },
      }),
    );
  }
  return sites;
}

/** The definitions in config/, with the sites' addresses filled in. */
export function readDepartments(port: number): Declared[] {
  const text = readFileSync(join(ROOT, 'config/trial-departments.yaml'), 'utf8');
  const raw = parse(text) as Declared[];
  return raw.map((definition, at) => {
    const filled = JSON.stringify(definition).replaceAll('{origin}', departmentOrigin(port, at));
    return JSON.parse(filled) as Declared;
  });
}

function print({ settings, registries }: Yihao, people: SamplePerson[], departments: boolean): void {
  const { issuer, port } = settings;
  const lines = [
    '',
    'Yihao 一号 · trial mode: nothing here is real',
    '',
    `  Yihao                   ${issuer}`,
    ...(departments
      ? [
          `  Social insurance        ${departmentOrigin(port, 0)}   a sample department: begin here`,
          `  Housing fund            ${departmentOrigin(port, 1)}   another one: walk over without signing in again`,
        ]
      : []),
    `  Text messages           ${issuer}/trial/outbox`,
    ...(registries.standIn
      ? [`  Population register     ${registries.standIn.url}/people   made-up people who may register`]
      : []),
    `  My account              ${issuer}/account`,
    '',
    ...(people.length
      ? [
          `  Sample people, all with the password  ${TRIAL_PASSWORD}`,
          ...people.map(
            (person) => `    ${person.documentNumber}   ${person.phone}   ${person.name}   ${person.remark}`,
          ),
          '',
        ]
      : []),
    '  docs/trial.md says what to try. Stop with Ctrl+C; data stays in the data folder.',
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
