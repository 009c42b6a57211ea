import type { Problem } from '../config/place.ts';
import type { Log } from './log.ts';

/** Logs the problems of a configuration; those that the previous configuration already had are not repeated. */
export function createProblemLog(log: Log): (problems: readonly Problem[]) => void {
  let known: ReadonlySet<string> = new Set();
  return (problems) => {
    const keys = new Set<string>();
    for (const { severity, place, code, path, message } of problems) {
      const at = place.line === 0 ? place.file : `${place.file}:${place.line}:${place.column}`;
      const key = JSON.stringify([severity, at, code, path, message]);
      if (!known.has(key) && !keys.has(key))
        log[severity === 'error' ? 'error' : 'warn'](message, { code, path, ...place.object, place: at });
      keys.add(key);
    }
    known = keys;
  };
}
