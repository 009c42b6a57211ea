import type { AccessLogConfig, AccessLogFields } from '../config/access-log-config.ts';
import type { RequestRecord } from '../pipeline/record.ts';
import { createLogFilter } from './access-log-filter.ts';
import { createCommonLine } from './common-line.ts';
import { createHeaderFields } from './header-fields.ts';
import { createJsonFieldsLine } from './json-fields.ts';
import { createJsonLine } from './json-line.ts';

/** Formats the access log's line of one request, including its newline; undefined: the request is not logged. */
export type ToLine = (record: RequestRecord) => string | undefined;

/** Options of a line of the access log. */
export type LogLineConfig = Pick<AccessLogConfig, 'format' | 'fields' | 'filters'>;

/** Traefik's fields and formats; no line contains `Authorization`, tokens or query values that may be secrets. */
export function createAccessLogLine({ format, fields, filters }: LogLineConfig): ToLine {
  const keeps = createLogFilter(filters);
  const toLine = createLine(format, fields);
  let count = 0;
  return (record) => {
    count += 1;
    return keeps?.(record) === false ? undefined : toLine(record, count);
  };
}

function createLine(
  format: AccessLogConfig['format'],
  fields: AccessLogFields,
): (record: RequestRecord, count: number) => string {
  const headers = createHeaderFields(fields);
  if (format !== 'json') return createCommonLine(format, fields, headers);
  const isWhole = fields.keepsOthers && fields.names.size === 0 && fields.keepsQuery;
  return isWhole && headers === undefined ? createJsonLine() : createJsonFieldsLine(fields, headers);
}
