/**
 * Layered settings: config/default.yaml, then config/<mode>.yaml, then an operator's own file, then the
 * environment. One schema judges the sum, and every fault is reported at once with the setting's name.
 * Values never appear in a fault, because a fault may be about a secret.
 */
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { z } from 'zod';
import { pathOfVariable } from './names.ts';
import { rightOf } from './words.ts';

/** One thing wrong with the configuration. `setting` is the dotted path, `right` says what would be right. */
export interface Fault {
  setting: string;
  right: string;
  /** Where it was set, or the variable that would set it. */
  from?: string | undefined;
}

/** Thrown at start; carries every fault found, none of them with a value. */
export class ConfigurationError extends Error {
  readonly faults: readonly Fault[];
  constructor(faults: readonly Fault[]) {
    const lines = faults.map(
      ({ setting, right, from }) => `  - ${setting}${from && from !== setting ? ` (${from})` : ''}: ${right}`,
    );
    const count = faults.length === 1 ? 'one fault' : `${faults.length} faults`;
    super(`The configuration has ${count}:\n${lines.join('\n')}`);
    this.name = 'ConfigurationError';
    this.faults = faults;
  }
}

export type Tree = { [key: string]: unknown };

export interface LayerOptions {
  /** Folder with default.yaml, trial.yaml and production.yaml. */
  folder: string;
  mode: string;
  env: NodeJS.ProcessEnv;
  /** Names other software already uses, mapped to our setting paths: `{ DATABASE_URL: 'database.url' }`. */
  wellKnown: Record<string, string>;
  /** Prefix of our own variables: YIHAO_SMS__TIMEOUT_MS sets sms.timeoutMs. */
  prefix: string;
  /** Whether there is such a setting: tells `…_FILE` variables of settings named so from indirections. */
  isSetting?: (path: string) => boolean;
}

export interface Layers {
  /** The layers laid over each other, not yet judged. */
  tree: Tree;
  /** What the operator's own file says, and where it lies. */
  own: { file: string | undefined; tree: Tree };
  /** Which variable set which path. */
  variables: Map<string, string>;
  /** Files that cannot be read. */
  faults: Fault[];
}

/**
 * Reads the layers into one tree, not yet judged. `NAME_FILE` reads the value from a file (secrets from a
 * secret store); the file must not be readable by others.
 */
export function readLayers(options: LayerOptions): Layers {
  const faults: Fault[] = [];
  const tree: Tree = {};
  const ownName = `${options.prefix}CONFIG`;
  const ownFile = options.env[ownName];
  for (const file of [join(options.folder, 'default.yaml'), join(options.folder, `${options.mode}.yaml`)]) {
    if (existsSync(file)) mergeFile(tree, file, file, faults);
  }
  const own: Layers['own'] = { file: ownFile, tree: {} };
  if (ownFile) {
    if (existsSync(ownFile)) mergeFile(own.tree, ownFile, ownName, faults);
    else faults.push({ setting: ownName, right: `names a file that is not there: ${ownFile}` });
  }
  merge(tree, own.tree);
  const variables = new Map<string, string>();
  for (const [name, raw] of Object.entries(options.env)) {
    if (raw === undefined || raw === '' || name === ownName || name === `${options.prefix}MODE`) continue;
    const found = settingOf(name, options);
    if (!found) continue;
    const { path, fromFile } = found;
    const twin = variables.get(path);
    if (twin) {
      faults.push({ setting: path, right: `is set twice, by ${twin} and by ${name}`, from: name });
      continue;
    }
    variables.set(path, name);
    const wrong = fromFile ? secretFileFault(raw) : undefined;
    if (wrong) faults.push({ setting: path, right: wrong, from: name });
    else place(tree, path, fromFile ? readFileSync(raw, 'utf8').trim() : raw);
  }
  return { tree, own, variables, faults };
}

/** Which setting a variable means, and whether it names a file that holds the value. */
function settingOf(name: string, options: LayerOptions): { path: string; fromFile: boolean } | undefined {
  const { wellKnown, prefix, isSetting = () => false } = options;
  const own = (variable: string) => wellKnown[variable] ?? pathOfVariable(variable, prefix);
  const path = own(name);
  if (path !== undefined && (!name.endsWith('_FILE') || isSetting(path))) return { path, fromFile: false };
  if (!name.endsWith('_FILE')) return undefined;
  const plain = name.slice(0, -'_FILE'.length);
  // YIHAO_X__FILE cannot be an indirection: nothing is called YIHAO_X_.
  if (plain.endsWith('_')) return path === undefined ? undefined : { path, fromFile: false };
  const meant = own(plain);
  return meant === undefined ? undefined : { path: meant, fromFile: true };
}

function mergeFile(tree: Tree, file: string, name: string, faults: Fault[]): void {
  try {
    const read: unknown = parse(readFileSync(file, 'utf8')) ?? {};
    if (isTree(read)) merge(tree, read);
    else faults.push({ setting: name, right: 'must hold settings by name, as `port: 3000`' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const unreadable = ['EACCES', 'EISDIR', 'EPERM'].includes(code ?? '');
    faults.push({
      setting: name,
      right: unreadable ? `cannot be read: ${code}` : `must be YAML (line ${lineOf(error)})`,
    });
  }
}

/** Judges a tree by a schema and returns the typed settings, or throws with all faults at once. */
export function judge<Schema extends z.ZodType>(schema: Schema, tree: unknown): z.output<Schema> {
  const { value, faults } = judgeLeniently(schema, tree);
  if (faults.length > 0) throw new ConfigurationError(faults);
  return value!;
}

const MOST_ROUNDS = 5;

/**
 * Judges a tree and goes on with the defaults in place of what is wrong, so that rules about other settings
 * can be asked as well. Without faults the value is what was set; with faults it serves for nothing else.
 */
export function judgeLeniently<Schema extends z.ZodType>(
  schema: Schema,
  tree: unknown,
): { value?: z.output<Schema>; faults: Fault[] } {
  const faults: Fault[] = [];
  const rest = structuredClone(tree);
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const result = schema.safeParse(rest, { reportInput: false });
    if (result.success) return { value: result.data, faults };
    for (const issue of result.error.issues) {
      faults.push(...faultsOf(issue));
      for (const path of pathsOf(issue)) drop(rest, path);
    }
  }
  return { faults };
}

/** What the schema found, in our words: one fault for each member that does not belong. */
export function faultsOf(issue: z.core.$ZodIssue): Fault[] {
  const right = issue.code === 'unrecognized_keys' ? 'no such setting' : rightOf(issue);
  return pathsOf(issue).map((path) => ({ setting: path.join('.') || 'settings', right }));
}

const pathsOf = (issue: z.core.$ZodIssue): PropertyKey[][] =>
  issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];

/** Removes what stands at a path; of a list or a text that is read as one, the whole. */
function drop(tree: unknown, path: readonly PropertyKey[]): void {
  let node = tree;
  for (const [at, name] of path.entries()) {
    if (!isTree(node)) return;
    const next = node[String(name)];
    if (at === path.length - 1 || !isTree(next)) {
      delete node[String(name)];
      return;
    }
    node = next;
  }
}

/** Says why a file with secrets must not be used, or undefined when it can be read by its owner alone. */
export function secretFileFault(file: string): string | undefined {
  if (!existsSync(file)) return `names a file that is not there: ${file}`;
  const { mode, isFile } = withKind(file);
  if (!isFile) return `must name a file; ${file} is none`;
  if ((mode & 0o077) !== 0) return `${file} must be readable by its owner alone (chmod 600)`;
  try {
    accessSync(file, constants.R_OK);
  } catch {
    return `${file} must be readable by the user this process runs as`;
  }
  return undefined;
}

function withKind(file: string): { mode: number; isFile: boolean } {
  const found = statSync(file);
  return { mode: found.mode, isFile: found.isFile() };
}

function place(tree: Tree, path: string, value: unknown): void {
  const parts = path.split('.');
  const last = parts.pop()!;
  let node = tree;
  for (const part of parts) {
    if (!isTree(node[part])) node[part] = {};
    node = node[part] as Tree;
  }
  node[last] = value;
}

function merge(into: Tree, from: Tree): void {
  for (const [key, value] of Object.entries(from)) {
    if (key === '__proto__') continue;
    // A name with nothing behind it says nothing: what stood below, or the default, holds.
    if (value === null) continue;
    if (isTree(value)) {
      if (!isTree(into[key])) into[key] = {};
      merge(into[key] as Tree, value);
    } else into[key] = value;
  }
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function lineOf(error: unknown): string {
  const at = (error as { linePos?: { line: number }[] }).linePos?.[0]?.line;
  return at === undefined ? 'unknown' : String(at);
}
