/** What the stand-in register can be told to do wrong, by its own HTTP door or from code. */
import { z } from 'zod';

const MOST_NUMBERS = 1_000;
const number = z
  .string()
  .max(40)
  .transform((value) => value.trim().toUpperCase());
const numbers = z.array(number).max(MOST_NUMBERS);

export const switchesSchema = z
  .object({
    /** Milliseconds before each answer. */
    slow: z.number().int().min(0).max(600_000),
    /** Connections are cut without an answer. */
    down: z.boolean(),
    /** Answers that no client may believe: 500, no JSON, a wrong signature, far too long, elsewhere. */
    broken: z.enum(['no', 'error', 'garbage', 'forged', 'huge', 'redirect']),
    /** Document numbers and credit codes that answer so, whatever name is asked. */
    mismatch: numbers,
    unknown: numbers,
    deceased: numbers,
    /** Credit codes of organisations that are no more. */
    dissolved: numbers,
    /** Document number → the name the register holds since. */
    renamed: z.record(number, z.string().min(1).max(200)),
  })
  .strict();

export type Switches = z.output<typeof switchesSchema>;

export const allOff = (): Switches => ({
  slow: 0,
  down: false,
  broken: 'no',
  mismatch: [],
  unknown: [],
  deceased: [],
  dissolved: [],
  renamed: {},
});
