/** Where checks are asked: the name of a middleware follows, then anything. */
export const mount = '/forward-auth/';

/** Where the middleware's name ends in a path or target. */
export function endOfName(target: string): number {
  for (let at = mount.length; at < target.length; at += 1)
    if (target[at] === '/' || target[at] === '?') return at;
  return target.length;
}
