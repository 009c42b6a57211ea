import type { AccessLogFilters } from '../config/access-log-config.ts';
import type { RequestRecord } from '../pipeline/record.ts';

/** Whether a request is logged: at least one of the filters matches it, as in Traefik. */
export function createLogFilter(
  filters: AccessLogFilters | undefined,
): ((record: RequestRecord) => boolean) | undefined {
  if (filters === undefined) return undefined;
  const { statuses, retried, longerThanMs } = filters;
  return ({ status, retryAttempts, durationMs }) =>
    statuses.some(({ from, to }) => status >= from && status <= to) ||
    (retried && retryAttempts > 0) ||
    (longerThanMs !== undefined && durationMs > longerThanMs);
}
