/** What settings there are, read off the schema, and how the environment calls them. */
import type { z } from 'zod';

/** One setting. */
export interface SettingEntry {
  /** Dotted path: `database.poolSize`. */
  path: string;
  /** What holds when nothing is said; undefined when nothing does. */
  byDefault: unknown;
}

interface Definition {
  type: string;
  shape?: Record<string, z.ZodType>;
  innerType?: z.ZodType;
}

const WRAPPERS = ['optional', 'default', 'prefault', 'nullable'];

/** All settings of a schema, in its order. Groups are walked into; lists and records are one setting each. */
export function listSettings(schema: z.ZodType): SettingEntry[] {
  const alone = schema.safeParse({});
  const defaults: unknown = alone.success ? alone.data : {};
  return pathsOf(schema, []).map((path) => ({
    path: path.join('.'),
    byDefault: path.reduce((node, name) => (node as Record<string, unknown> | undefined)?.[name], defaults),
  }));
}

function pathsOf(schema: z.ZodType, path: string[]): string[][] {
  const group = groupOf(schema);
  if (!group) return [path];
  return Object.entries(group).flatMap(([name, inner]) => pathsOf(inner, [...path, name]));
}

function groupOf(schema: z.ZodType): Record<string, z.ZodType> | undefined {
  const def = schema.def as unknown as Definition;
  if (def.type === 'object') return def.shape;
  if (WRAPPERS.includes(def.type) && def.innerType) return groupOf(def.innerType);
  return undefined;
}

/** sms.timeoutMs → YIHAO_SMS__TIMEOUT_MS, or the well-known name. The inverse of {@link pathOfVariable}. */
export function variableOf(path: string, prefix: string, wellKnown: Record<string, string> = {}): string {
  const known = Object.entries(wellKnown).find(([, its]) => its === path);
  if (known) return known[0];
  const parts = path.split('.').map((part) => part.replace(/[A-Z]/g, '_$&').toUpperCase());
  return `${prefix}${parts.join('__')}`;
}

/** YIHAO_SMS__TIMEOUT_MS → sms.timeoutMs; undefined for names without the prefix. */
export function pathOfVariable(name: string, prefix: string): string | undefined {
  if (!name.startsWith(prefix)) return undefined;
  return name
    .slice(prefix.length)
    .split('__')
    .map((part) => part.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()))
    .join('.');
}
