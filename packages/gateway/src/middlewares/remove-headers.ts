import type { Pass } from './step.ts';

/** By pass and names, because results derived from a list of headers are cached by its identity. */
const known = new WeakMap<Pass, WeakMap<ReadonlySet<string>, Pass>>();

/** A pass that removes further headers of the caller, but not the headers that it sets. @param names in `normalizeHeaderName`'s form. */
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

/** Removes the caller's `Authorization`. */
export const removeAuthorization = (pass: Pass): Pass => removeHeaders(pass, authorization);
