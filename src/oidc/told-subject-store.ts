/** SQL of pairwise subjects that departments were told, and with which nobody signed in. */
import { sql, type Transaction } from '../platform/postgres.ts';

const FORGET = sql('subject_forget_told', 'DELETE FROM subject WHERE person_id = $1 AND told_only');

/** Of a person whose account goes: what was told of them stays told, and nothing is kept for it. */
export const forgetToldSubjects = async (tx: Transaction, personId: string): Promise<void> => {
  await tx.query(FORGET, [personId]);
};
