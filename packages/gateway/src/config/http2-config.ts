import type { OptionsOf } from '@grantgate/middleware/options/options-of';
import { z } from 'zod';

const headerTableSize = z.int().min(0).max(65_536).default(4096);

/** Connections of callers with HTTP/2, as written. */
export const http2Schema = z.strictObject({
  maxConcurrentStreams: z
    .int()
    .min(1)
    .max(65_536)
    .default(250)
    .describe('Maximum number of requests in flight on a connection; the caller must retry others.'),
  maxDecoderHeaderTableSize: headerTableSize.describe(
    'Maximum size of the HPACK table for headers of requests, in bytes.',
  ),
  maxEncoderHeaderTableSize: headerTableSize.describe(
    'Maximum size of the HPACK table for headers of responses, in bytes.',
  ),
  h2c: z
    .boolean()
    .default(true)
    .describe(
      'Accepts HTTP/2 on connections without TLS, from callers that use it from the first byte (prior knowledge). `Upgrade: h2c` is never accepted.',
    ),
});

export type Http2Config = OptionsOf<z.output<typeof http2Schema>>;
