import type { Pass } from './step.ts';

/** By pass, and then by names: what is made of a list of headers is kept by its identity. */
const known = new WeakMap<Pass, WeakMap<ReadonlySet<string>, Pass>>();

/** A pass that keeps further headers of the caller from the server; what it sets under their names stays. @param names as `normalizeHeaderName` writes them. */
export function removeHeaders(pass: Pass, names: ReadonlySet<string>): Pass {
  if ([...names].every((name) => pass.removeHeaders.has(name))) return pass;
  let byNames = known.get(pass);
  if (byNames === undefined) known.set(pass, (byNames = new WeakMap()));
  let removed = byNames.get(names);
  if (removed === undefined) {
    removed = Object.freeze({ ...pass, removeHeaders: new Set([...pass.removeHeaders, ...names]) });
    byNames.set(names, removed);
  }
  return removed;
}

const authorization: ReadonlySet<string> = new Set(['authorization']);

/** Keeps `Authorization` of the caller from the server. */
export const removeAuthorization = (pass: Pass): Pass => removeHeaders(pass, authorization);
