/**
 * Two requests of one browser at once (a portal opens two departments in two tabs) each read the session, add
 * their client and write it back; the later one would undo the earlier, whose code then belongs to no session.
 * So what a request changed is laid over what rests there now.
 */
import type { AdapterPayload } from 'oidc-provider';

type Fields = Record<string, unknown>;

/** @param base as this request read it @param mine as it wants to write it @param theirs as it rests now */
export function mergeSession(
  base: AdapterPayload,
  mine: AdapterPayload,
  theirs: AdapterPayload,
): AdapterPayload {
  const merged = overlay(base, mine, theirs);
  const authorizations = overlay(base.authorizations, mine.authorizations, theirs.authorizations);
  if (Object.keys(authorizations).length > 0) merged.authorizations = authorizations;
  else delete merged.authorizations;
  // The later end of the two: neither request cuts the other's short.
  if (mine.exp !== undefined && theirs.exp !== undefined) merged.exp = Math.max(mine.exp, theirs.exp);
  return merged as AdapterPayload;
}

function overlay(base: object = {}, mine: object = {}, theirs: object = {}): Fields {
  const before = base as Fields;
  const wanted = mine as Fields;
  const merged: Fields = { ...theirs };
  for (const name of new Set([...Object.keys(before), ...Object.keys(wanted)])) {
    if (JSON.stringify(before[name]) === JSON.stringify(wanted[name])) continue;
    if (name in wanted) merged[name] = wanted[name];
    else delete merged[name];
  }
  return merged;
}
