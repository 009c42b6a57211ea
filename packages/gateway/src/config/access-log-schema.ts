import { z } from 'zod';
import { duration } from '@grantgate/middleware/options/duration';
import { logOtlpSchema } from './otlp-schema.ts';

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
