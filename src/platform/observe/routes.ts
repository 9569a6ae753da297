/**
 * Which route a request took, as a template, for the log and the metrics. Paths themselves carry ids, so an
 * unknown one is called by no name of its own.
 */
export type RouteNames = (path: string) => string;

export const UNKNOWN_ROUTE = '(other)';

/** Templates as routers write them: `/interaction/:uid/login`; a last segment `*` takes the rest of the path. */
export function makeRouteNames(templates: readonly string[]): RouteNames {
  const exact = new Set<string>();
  const bySegments = new Map<number, { template: string; segments: string[] }[]>();
  const open: { template: string; prefix: string }[] = [];
  for (const template of new Set(templates)) {
    if (template.endsWith('/*')) open.push({ template, prefix: template.slice(0, -1) });
    else if (template.includes('/:')) {
      const segments = template.split('/');
      const peers = bySegments.get(segments.length) ?? [];
      bySegments.set(segments.length, [...peers, { template, segments }]);
    } else exact.add(template);
  }
  return (path) => {
    if (exact.has(path)) return path;
    const segments = path.split('/', 12);
    const found = bySegments.get(segments.length)?.find((candidate) => fits(candidate.segments, segments));
    return (found ?? open.find(({ prefix }) => path.startsWith(prefix)))?.template ?? UNKNOWN_ROUTE;
  };
}

const fits = (template: string[], segments: string[]): boolean =>
  template.every((part, at) => (part.startsWith(':') ? segments[at] !== '' : part === segments[at]));
