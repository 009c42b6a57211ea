import type { RequestRecord } from '../pipeline/record.ts';
import type { LogLineConfig } from './access-log.ts';
import { createLogFilter } from './access-log-filter.ts';
import { createHeaderFields } from './header-fields.ts';
import { listKeptFields } from './json-fields.ts';
import type { ExportedLine } from './logs-export.ts';

/** Fields that the context of the exported line has. */
const inContext: ReadonlySet<string> = new Set(['TraceId', 'SpanId']);
/** Fields that make up the message. */
const inMessage = ['RequestMethod', 'RequestPath', 'DownstreamStatus'];

/** Exports the access log: the fields of its lines in JSON, by the same rules. Undefined: the request is not logged. */
export function createAccessLogExport({
  fields,
  filters,
}: Pick<LogLineConfig, 'fields' | 'filters'>): (record: RequestRecord) => ExportedLine | undefined {
  const keeps = createLogFilter(filters);
  const headers = createHeaderFields(fields);
  const kept = listKeptFields(fields).filter(([name]) => !inContext.has(name));
  let count = 0;
  return (record) => {
    count += 1;
    if (keeps?.(record) === false) return undefined;
    const values: Record<string, string | number> = {};
    for (const [name, toValue] of kept) {
      const value = toValue(record, count);
      if (value !== undefined) values[name] = value;
    }
    headers?.each(record, (name, value) => (values[name] = value));
    return {
      timeMs: record.startedAt + record.durationMs,
      level: 'info',
      message: inMessage.flatMap((name) => values[name] ?? []).join(' '),
      fields: values,
      trace: record.trace,
    };
  };
}
