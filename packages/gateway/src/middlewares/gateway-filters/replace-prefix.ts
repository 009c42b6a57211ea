import { encodePath, measurePrefix, splitTarget } from '../target.ts';

/** Change of a path; at most one is set. Without either, the path is unchanged. */
export interface PathChange {
  readonly replaceFullPath?: string | undefined;
  readonly replacePrefixMatch?: string | undefined;
  /** The prefix that the rule matches. */
  readonly matchedPrefix: string;
}

/**
 * Changes the path of a target, and keeps its query, as Gateway API specifies `HTTPPathModifier`: a prefix is replaced element by
 * element, whether it ends with a slash or not.
 */
export function createChangePath(change: PathChange): ((target: string) => string) | undefined {
  const { replaceFullPath, replacePrefixMatch } = change;
  if (replaceFullPath !== undefined) {
    const whole = encodePath(replaceFullPath.startsWith('/') ? replaceFullPath : `/${replaceFullPath}`);
    return (target) => whole + splitTarget(target).query;
  }
  if (replacePrefixMatch === undefined) return undefined;
  const prefix = change.matchedPrefix.replace(/\/+$/, '');
  const replacement = encodePath(replacePrefixMatch);
  const stem = replacement.replace(/\/+$/, '');
  return (target) => {
    const { path, query } = splitTarget(target);
    const length = measurePrefix(path, prefix);
    if (length === undefined) return target;
    const rest = path.slice(length);
    const changed = rest === '' ? replacement : stem + rest;
    return (changed.startsWith('/') ? changed : `/${changed}`) + query;
  };
}
