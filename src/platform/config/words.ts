/** What would be right, where the schema itself does not say it. Never with the value that is wrong. */
import type { z } from 'zod';

const KINDS: Record<string, string> = {
  object: 'must be a group of settings',
  record: 'must be a list of names with values',
  array: 'must be a list',
  string: 'must be text',
  number: 'must be a number',
  boolean: 'must be true or false',
};

/** The schema's own words if it has some, else ours instead of the library's. */
export function rightOf(issue: z.core.$ZodIssue): string {
  if (!/^(Invalid|Too|Unrecognized)/.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return KINDS[issue.expected] ?? 'is of the wrong kind';
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return issue.minimum === 1 && issue.origin === 'string'
        ? 'must not be empty'
        : `must have at least ${issue.minimum}`;
    case 'too_big':
      return `must have at most ${issue.maximum}`;
    case 'invalid_format':
      return 'is not of the right form';
    default:
      return 'is not right';
  }
}
