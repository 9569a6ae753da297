/** Setting kinds that also accept the strings which environment variables bring. */
import { z } from 'zod';

/** A whole number between two bounds. */
export const whole = (least: number, most: number) => {
  const right = `must be a whole number from ${least} to ${most}`;
  return z.preprocess(
    (value) => (typeof value === 'string' && /^-?\d{1,15}$/.test(value.trim()) ? Number(value) : value),
    z.number({ error: right }).int(right).min(least, right).max(most, right),
  );
};

/** true/false, also as the words that environment variables bring. */
export const yesNo = () =>
  z.preprocess(
    (value) =>
      value === 'true' || value === '1' ? true : value === 'false' || value === '0' ? false : value,
    z.boolean({ error: 'must be true or false' }),
  );

/** An absolute http(s) URL without a fragment. */
export const httpUrl = () =>
  z
    .string({ error: 'must be an http or https URL' })
    .refine(
      (value) => /^https?:$/.test(URL.parse(value)?.protocol ?? '') && !value.includes('#'),
      'must be an http or https URL',
    );

/** A list, also as a comma-separated string. */
export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.preprocess(
    (value) =>
      typeof value === 'string'
        ? value
            .split(',')
            .map((part) => part.trim())
            .filter((part) => part !== '')
        : value,
    z.array(item),
  );

/** An origin as it stands in tokens: an http(s) URL with nothing behind host and port, in its one spelling. */
export const origin = () =>
  httpUrl().refine(
    // What is no URL at all has been told above.
    (value) => !/^https?:$/.test(URL.parse(value)?.protocol ?? '') || URL.parse(value)?.origin === value,
    'must be scheme and host alone, such as https://id.example.gov.cn: no path, no slash at the end, no capitals',
  );

/** `host:port` of some servers. */
export const hostsAndPorts = () => listOf(z.string().regex(/^.+:\d{1,5}$/, 'must be host:port'));
