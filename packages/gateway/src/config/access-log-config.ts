import { duration } from '@grantgate/middleware/options/duration';
import type { OptionsOf } from '@grantgate/middleware/options/options-of';
import { z } from 'zod';
import { logOtlpSchema, toLogExport } from './otlp-config.ts';

const mode = z.enum(['keep', 'drop']);
const headerMode = z.enum(['keep', 'drop', 'redact']);

/** `accessLog` of the install configuration. */
export const accessLogSchema = z.strictObject({
  format: z
    .enum(['json', 'common', 'genericCLF'])
    .default('common')
    .describe('Formats of Traefik, with its field names.'),
  filePath: z.string().min(1).optional().describe('Default: standard output.'),
  bufferingSize: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(0)
    .describe(
      'Maximum number of lines that are buffered, for at most 20 ms, and written together; 0: up to 64 KiB in a file, none on standard output.',
    ),
  addInternals: z
    .boolean()
    .default(false)
    .describe('Logs requests for `/ping`, `/ready`, `/metrics` and `/api/tokens/purge`.'),
  filters: z
    .strictObject({
      statusCodes: z
        .array(
          z.string().regex(/^[1-9]\d\d(?:-[1-9]\d\d)?$/, {
            error: 'expected a status such as 404 or a range such as 400-499',
          }),
        )
        .default([])
        .describe('Statuses and ranges: `200`, `400-599`.'),
      retryAttempts: z.boolean().default(false).describe('Requests that were retried.'),
      minDuration: duration.prefault('0s').describe('Requests that took longer than this; 0: off.'),
    })
    .prefault({})
    .describe('Logs only requests that match one of the filters. Default: all requests.'),
  fields: z
    .strictObject({
      defaultMode: mode.default('keep').describe('Mode of fields that `names` does not list.'),
      names: z.record(z.string(), mode).default({}).describe('By name of the field; case-insensitive.'),
      headers: z
        .strictObject({
          defaultMode: headerMode
            .default('drop')
            .describe('Mode of headers that `names` does not list; `redact` writes `REDACTED`.'),
          names: z
            .record(z.string(), headerMode)
            .default({})
            .describe('By name of the header; case-insensitive.'),
        })
        .prefault({})
        .describe(
          'Fields `request_NAME`, `origin_NAME` and `downstream_NAME`: headers of a request, of the response of its server, and of the response to the caller. Headers that carry secrets, such as `Authorization` and `Set-Cookie`, are redacted even with `keep`.',
        ),
      queryParameters: z
        .strictObject({ defaultMode: mode.default('keep').describe('`drop` omits the query.') })
        .prefault({})
        .describe('The query in `RequestPath`. Values that can be secrets are redacted even with `keep`.'),
    })
    .prefault({})
    .describe('Fields of a line.'),
  otlp: logOtlpSchema
    .optional()
    .describe('Exports the access log, whatever its `format`, with the fields of `fields`.'),
  dualOutput: z
    .boolean()
    .default(false)
    .describe('With `otlp`: writes the lines to `filePath` or standard output as well.'),
});

type AccessLogInput = z.output<typeof accessLogSchema>;

/** @param at makes paths absolute. */
export const toAccessLog = (
  { filePath, filters, fields, otlp, dualOutput, ...rest }: AccessLogInput,
  at: (path: string) => string,
) => ({
  ...rest,
  filePath: filePath && at(filePath),
  otlp: otlp && toLogExport(otlp, at),
  /** Whether lines are written to `filePath` or standard output. */
  writesLines: otlp === undefined || dualOutput,
  filters: toFilters(filters),
  fields: {
    /** Whether fields that are not in `names` are kept. */
    keepsOthers: fields.defaultMode === 'keep',
    /** Whether they are kept, by name in lower case. */
    names: byLowerCase(fields.names, (mode) => mode === 'keep'),
    headers: {
      others: fields.headers.defaultMode,
      /** By name in lower case. */
      names: byLowerCase(fields.headers.names, (mode) => mode),
    },
    keepsQuery: fields.queryParameters.defaultMode === 'keep',
  },
});

/** Undefined: every request is logged. */
function toFilters({ statusCodes, retryAttempts, minDuration }: AccessLogInput['filters']) {
  if (statusCodes.length === 0 && !retryAttempts && minDuration === 0) return undefined;
  return {
    /** Both ends included. */
    statuses: statusCodes.map((range) => {
      const [from = 0, to = from] = range.split('-').map(Number);
      return { from, to };
    }),
    retried: retryAttempts,
    longerThanMs: minDuration === 0 ? undefined : minDuration,
  };
}

const byLowerCase = <T, R>(
  record: Readonly<Record<string, T>>,
  toValue: (value: T) => R,
): ReadonlyMap<string, R> =>
  new Map(Object.entries(record).map(([name, value]) => [name.toLowerCase(), toValue(value)]));

/** The access log; its schema describes the options. */
export type AccessLogConfig = OptionsOf<ReturnType<typeof toAccessLog>>;

/** A request is logged if it matches one of them. */
export type AccessLogFilters = NonNullable<AccessLogConfig['filters']>;

/** Fields of a line. */
export type AccessLogFields = AccessLogConfig['fields'];

export type HeaderMode = AccessLogFields['headers']['others'];
