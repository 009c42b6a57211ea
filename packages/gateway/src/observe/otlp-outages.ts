import type { Log } from './log.ts';

/** The result of one export, as exporters of OpenTelemetry report it. */
export interface ExportOutcome {
  /** 0 for success. */
  readonly code: number;
  readonly error?: Error;
}

type Export<T> = (items: T, done: (outcome: ExportOutcome) => void) => void;

/**
 * Logs when a collector is lost and when it is back, once each. The caller always gets success: it could not handle a failure, and
 * the library would write it to standard error.
 *
 * @param signal names the exported signal: `traces`.
 */
export function logOutages<T>(exportItems: Export<T>, log: Log, signal: string): Export<T> {
  let failing = false;
  return (items, done) => {
    exportItems(items, ({ code, error }) => {
      const failed = code !== 0;
      if (failed && !failing) log.warn('export failed', { signal, reason: describeFault(error) });
      if (!failed && failing) log.info('export recovered', { signal });
      failing = failed;
      done({ code: 0 });
    });
  };
}

/** A collector's messages may quote received data, so only codes and statuses are logged. */
function describeFault(error: Error | undefined): string {
  const code: unknown = error !== undefined && 'code' in error ? error.code : undefined;
  if (typeof code === 'string') return code;
  if (typeof code === 'number') return `status ${code}`;
  const [known] =
    /ECONN\w+|ENOTFOUND|EAI_AGAIN|EPIPE|ETIMEDOUT|timed? ?out/i.exec(error?.message ?? '') ?? [];
  return known ?? error?.name ?? 'unknown error';
}
