import type { z } from 'zod';
import type { accessLogSchema } from './access-log-schema.ts';
import type { AccessLogConfig } from './install.ts';
import { toLogExport } from './otlp-config.ts';

type AccessLogOptions = z.output<typeof accessLogSchema>;

/** @param at resolves a path against the folder of the file. */
export function toAccessLog(
  { filePath, filters, fields, otlp, ...written }: AccessLogOptions,
  at: (path: string) => string,
): AccessLogConfig {
  return Object.freeze({
    format: written.format,
    filePath: filePath === undefined ? undefined : at(filePath),
    bufferedLines: written.bufferingSize,
    addInternals: written.addInternals,
    otlp: toLogExport(otlp, at),
    writesLines: otlp === undefined || written.dualOutput,
    filters: toFilters(filters),
    fields: Object.freeze({
      keepsOthers: fields.defaultMode === 'keep',
      names: byLowerCase(fields.names, (mode) => mode === 'keep'),
      headers: Object.freeze({
        others: fields.headers.defaultMode,
        names: byLowerCase(fields.headers.names, (mode) => mode),
      }),
      keepsQuery: fields.queryParameters.defaultMode === 'keep',
    }),
  });
}

function toFilters({
  statusCodes,
  retryAttempts,
  minDuration,
}: AccessLogOptions['filters']): AccessLogConfig['filters'] {
  if (statusCodes.length === 0 && !retryAttempts && minDuration === 0) return undefined;
  return Object.freeze({
    statuses: Object.freeze(
      statusCodes.map((range) => {
        const [from = 0, to = from] = range.split('-').map(Number);
        return Object.freeze({ from, to });
      }),
    ),
    retried: retryAttempts,
    longerThanMs: minDuration === 0 ? undefined : minDuration,
  });
}

const byLowerCase = <T, R>(
  record: Readonly<Record<string, T>>,
  toValue: (value: T) => R,
): ReadonlyMap<string, R> =>
  new Map(Object.entries(record).map(([name, value]) => [name.toLowerCase(), toValue(value)]));
