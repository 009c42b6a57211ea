import { z } from 'zod';
import { secret } from './secret-schema.ts';
import { tlsFields } from './tls.ts';

/** Connections to an authorization server, the same for every kind of middleware that has one. */
export const connectionFields = {
  tls: z
    .strictObject({
      ...tlsFields,
      ca: tlsFields.ca.describe(
        "PEM certificates of the authorities that are trusted for the server, instead of the system's.",
      ),
    })
    .prefault({})
    .describe('TLS to the authorization server.'),
  timeoutSeconds: z
    .number()
    .positive()
    .max(3600)
    .default(5)
    .describe('Time limit for each attempt in seconds, including the connection.'),
  maxRetries: z.int().min(0).max(100).default(3).describe('Retries after the first attempt.'),
};

export const proxySchema = secret
  .optional()
  .describe(
    'URL of the HTTP proxy to the authorization server, instead of `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`.',
  );

export const maxConcurrentSchema = z
  .int()
  .min(1)
  .max(10_000)
  .default(64)
  .describe(
    'Maximum number of concurrent token requests; others wait, and clients that have had a token go first.',
  );
