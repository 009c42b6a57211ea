import type { Log, LogFields, LogLevel } from './log.ts';
import type { LogsExport } from './logs-export.ts';

/** All levels, from the lowest. */
const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/**
 * A log whose lines are exported as well.
 *
 * @param write called with each line that the level admits.
 * @param base fields of every line.
 */
export function createExportedLog(
  log: Log,
  {
    write,
    now,
    base,
  }: {
    readonly write: LogsExport['write'];
    readonly now: () => number;
    readonly base?: LogFields | undefined;
  },
): Log {
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      log[level](message, fields);
      if (levels.indexOf(level) < levels.indexOf(log.level())) return;
      const { traceId, spanId, ...others } = { ...base, ...fields };
      const trace =
        typeof traceId === 'string' && typeof spanId === 'string'
          ? { traceId, spanId, isSampled: false }
          : undefined;
      write({ timeMs: now(), level, message, fields: toDefined(others), trace });
    };
  return Object.freeze({
    ...log,
    ...{ debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
  });
}

const toDefined = (fields: LogFields): Record<string, string | number | boolean> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
