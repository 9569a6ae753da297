/**
 * Fills the accounts with the people that the dump will meet, by many rows a statement: seals and fingerprints are those
 * of the running system, one for each field of each person. Not measured. A process of its own, so that two fill two cores.
 */
import { newPersonId } from '../../src/accounts/person.ts';
import { SEALED_COLUMNS, sealFields } from '../../src/accounts/person-row.ts';
import { openYihao } from '../../src/app.ts';
import { byteArray } from '../../src/platform/byte-array.ts';
import type { Database } from '../../src/platform/postgres.ts';
import { readSettings } from '../../src/settings.ts';
import { citizen, isFrozen } from './people.ts';

const { seed, from, to } = JSON.parse(process.argv[2]!) as { seed: string; from: number; to: number };
const BATCH = 2_000;

const SEALED = SEALED_COLUMNS.join(', ');
const INSERT_PEOPLE = `INSERT INTO person (id, document_type, state, identity_level, created_at, changed_at, ${SEALED})
  SELECT id, 'citizen-number', state, 3, now(), now(), ${SEALED}
  FROM unnest($1::uuid[], $2::text[], ${SEALED_COLUMNS.map((_, at) => `$${at + 3}::bytea[]`).join(', ')})
    AS p(id, state, ${SEALED})`;
const INSERT_FINGERPRINTS = `INSERT INTO person_fingerprint (person_id, kind, key_id, fingerprint)
  SELECT id, kind, $3, fingerprint FROM unnest($1::uuid[], $2::text[], $4::bytea[]) AS f(id, kind, fingerprint)`;

const yihao = await openYihao(readSettings(process.env), { serving: false });
try {
  for (let begin = from; begin < to; begin += BATCH) await loadBatch(begin, Math.min(to, begin + BATCH));
} finally {
  await yihao.close();
}

async function loadBatch(begin: number, end: number): Promise<void> {
  const { sealer, fingerprinter } = yihao;
  const people = Array.from({ length: end - begin }, (_, at) => {
    const { document, name, phone, gender, birthdate } = citizen(seed, begin + at);
    const id = newPersonId();
    return {
      id,
      state: isFrozen(begin + at) ? 'frozen' : 'active',
      sealed: sealFields(sealer, { id, document, name, phone, gender, birthdate }),
      number: fingerprinter.fingerprint('person citizen-number', document.number),
      phone: fingerprinter.fingerprint('person phone', phone),
    };
  });
  const ids = people.map(({ id }) => id);
  await withoutReferences(yihao.database, async (query) => {
    await query(INSERT_PEOPLE, [
      ids,
      people.map(({ state }) => state),
      ...SEALED_COLUMNS.map((_, at) => byteArray(people.map(({ sealed }) => sealed[at]))),
    ]);
    await query(INSERT_FINGERPRINTS, [
      [...ids, ...ids],
      [...ids.map(() => 'citizen-number'), ...ids.map(() => 'phone')],
      fingerprinter.currentKeyId,
      byteArray([...people.map(({ number }) => number), ...people.map(({ phone }) => phone)]),
    ]);
  });
}

/** Both sides of the reference are written here, so its check for each row would only take time. */
async function withoutReferences(
  database: Database,
  work: (query: (text: string, values: unknown[]) => Promise<unknown>) => Promise<void>,
): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.query('SET LOCAL session_replication_role = replica');
    await work((text, values) => tx.query(text, values));
  });
}
