/**
 * What all commands share: opening the rooms without doors, output for people or as JSON, exit codes.
 *
 * Exit codes: 0 done · 1 something broke · 2 wrong usage · 3 refused, with the reason · 78 wrong configuration.
 */
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { openYihao, type Yihao } from '../app.ts';
import { ConfigurationError } from '../platform/config/load.ts';
import type { Failure } from '../platform/failure.ts';
import { makeWording } from '../platform/page/dates.ts';
import { describeFailure } from '../platform/page/render.ts';
import { loadTexts } from '../platform/page/texts.ts';
import { ROOT, readSettings } from '../settings.ts';

export const EXIT = { broken: 1, usage: 2, refused: 3, configuration: 78 } as const;

/** A command's answer: `data` for --json, `lines` for people. */
export interface Report {
  data: unknown;
  lines: string[];
  exit?: number;
}

/** Thrown by a command whose input is wrong. */
export class UsageError extends Error {}

/** Thrown by a command that the rules refuse; nothing was changed. */
export class RefusedCommand extends Error {
  readonly failure: Failure & { faults?: unknown };
  /** What the operator can do now, beyond the words that belong to the failure. */
  readonly advice: string[];
  constructor(failure: Failure & { faults?: unknown }, advice: string[] = []) {
    super(failure.code);
    this.failure = failure;
    this.advice = advice;
  }
}

/** The person at the keyboard, as the audit trail names them. */
export const actor = (): string => `operator:cli:${userInfo().username}`;

/** Runs `work` with the rooms open, prints its report and leaves with its exit code. */
export async function withRooms(command: Command, work: (yihao: Yihao) => Promise<Report>): Promise<void> {
  await reporting(command, () => inRooms(work));
}

/** The same for a command that reads a JSON object; it is read before anything is opened. */
export async function withInput(
  command: Command,
  file: string | undefined,
  work: (input: Record<string, unknown>, yihao: Yihao) => Promise<Report>,
): Promise<void> {
  await reporting(command, async () => {
    const input = await readJson(file);
    return inRooms((yihao) => work(input, yihao));
  });
}

async function inRooms(work: (yihao: Yihao) => Promise<Report>): Promise<Report> {
  const settings = readSettings(process.env);
  const yihao = await openYihao(
    { ...settings, observe: { ...settings.observe, level: 'silent' } },
    { serving: false },
  );
  try {
    return await work(yihao);
  } finally {
    await yihao.close();
  }
}

/** Prints what `work` reports; every error becomes a sentence and an exit code. */
export async function reporting(command: Command, work: () => Promise<Report>): Promise<void> {
  const json = Boolean(command.optsWithGlobals().json);
  try {
    const report = await work();
    process.stdout.write(
      json
        ? `${JSON.stringify(report.data, undefined, 2)}\n`
        : report.lines.map((line) => `${line}\n`).join(''),
    );
    process.exitCode = report.exit ?? 0;
  } catch (error) {
    const { exit, data, text } = explain(error);
    if (json) process.stdout.write(`${JSON.stringify({ error: data }, undefined, 2)}\n`);
    process.stderr.write(`${text}\n`);
    process.exitCode = exit;
  }
}

function explain(error: unknown): { exit: number; data: unknown; text: string } {
  if (error instanceof ConfigurationError) {
    return {
      exit: EXIT.configuration,
      data: { code: 'configuration', faults: error.faults },
      text: error.message,
    };
  }
  if (error instanceof UsageError)
    return { exit: EXIT.usage, data: { code: 'usage', message: error.message }, text: error.message };
  if (error instanceof RefusedCommand) {
    return explainRefusal(error);
  }
  const message = reasonOf(error);
  return {
    exit: EXIT.broken,
    data: { code: 'broken', message },
    text: `failed: ${message}\n\`npm run cli -- doctor\` says what may be wrong.`,
  };
}

/** Where the pages speak to the person whose account it is. */
const OPERATOR_WORDS: Record<string, { title: string; next: string }> = {
  'account-exists': {
    title: 'There is already an account for this document',
    next: '`person show` with its number shows it.',
  },
};

/** A refusal with its code for scripts and its words for people. */
function explainRefusal({ failure, advice }: RefusedCommand): {
  exit: number;
  data: unknown;
  text: string;
} {
  const texts = loadTexts(join(ROOT, 'views/texts'), { strict: false });
  const own = OPERATOR_WORDS[failure.code];
  const worded = own !== undefined || texts.has('en', `failures.${failure.code}.title`);
  const { title, next } = own ?? describeFailure(texts, makeWording(texts), 'en', failure);
  const field = failure.field ? ` (${failure.field})` : '';
  /** A fault that is a failure of its own has the words of its code. */
  const inWords = (fault: unknown) => {
    const { code, params, ...rest } = fault as Partial<Failure>;
    if (code === undefined || !texts.has('en', `failures.${code}.title`)) return fault;
    const said = describeFailure(texts, makeWording(texts), 'en', {
      code,
      status: 422,
      ...(params ? { params } : {}),
    });
    return { ...rest, right: `${said.title}. ${said.next}`, code };
  };
  const faults = (Array.isArray(failure.faults) ? failure.faults : []).map(inWords);
  return {
    exit: EXIT.refused,
    data: {
      ...failure,
      ...(faults.length > 0 ? { faults } : {}),
      ...(worded ? { title, next } : {}),
      ...(advice.length > 0 ? { advice } : {}),
    },
    text: [
      `refused: ${failure.code}${field}`,
      ...(worded ? [`  ${title}`, `  ${next}`] : []),
      ...faults.map((fault) => `  - ${describe(fault)}`),
      ...advice.map((line) => `  → ${line}`),
    ].join('\n'),
  };
}

/** What went wrong, in words; a connection tried at several addresses says so only in its parts. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return [...new Set(error.errors.map(reasonOf))].join('; ');
  }
  const { message, code } = error as NodeJS.ErrnoException;
  return message || code || String(error);
}

function describe(fault: unknown): string {
  if (typeof fault !== 'object' || fault === null) return String(fault);
  return Object.entries(fault)
    .filter(([name, part]) => name !== 'code' && typeof part === 'string')
    .map(([, part]) => part)
    .join(': ');
}

/** Reads a JSON object from a file, or from standard input for `-` or no name. */
async function readJson(file: string | undefined): Promise<Record<string, unknown>> {
  const name = file === undefined || file === '-' ? 'standard input' : file;
  const text = name === file ? readText(file) : await readStandardInput();
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error();
    return value as Record<string, unknown>;
  } catch {
    throw new UsageError(`${name} must hold one JSON object`);
  }
}

/** The text of a file the operator named. @throws UsageError when it cannot be read. */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${(error as NodeJS.ErrnoException).code}`);
  }
}

async function readStandardInput(): Promise<string> {
  if (process.stdin.isTTY) process.stderr.write('Reading JSON from standard input; end with Ctrl+D.\n');
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

/** A whole number within bounds, for options. */
export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const number = Number(text);
    if (/^\d{1,15}$/.test(text) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`A whole number from ${least} to ${most}.`);
  };

/** A reason that says something, for `requiredOption`. */
export function reasonText(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('Say why.');
  return text.trim();
}

/** The value, or the failure thrown as a refusal. */
export function accept<Value>(
  outcome: { ok: true; value: Value } | { ok: false; failure: Failure & { faults?: unknown } },
): Value {
  if (outcome.ok) return outcome.value;
  throw new RefusedCommand(outcome.failure);
}

/** Columns under each other, for people. */
export function table(head: string[], rows: string[][]): string[] {
  const widths = head.map((title, at) =>
    Math.max(title.length, ...rows.map((row) => (row[at] ?? '').length)),
  );
  const line = (cells: string[]) =>
    cells
      .map((cell, at) => cell.padEnd(widths[at]!))
      .join('  ')
      .trimEnd();
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}
