import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { HealthCheckConfig, StickyConfig } from '../../config/dynamic.ts';
import { duration } from '@grantgate/middleware/options/duration';

/** RFC 9110 section 5.6.2 */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Stickiness as both formats write it. */
export const stickySchema = z.strictObject({
  cookie: z
    .strictObject({
      name: z
        .string()
        .regex(token, { error: 'expected the name of a cookie (RFC 6265 section 4.1.1)' })
        .optional()
        .describe('Default: derived from the name of the service.'),
      secure: z.boolean().default(false).describe('Sent over TLS only.'),
      httpOnly: z.boolean().default(false).describe('Hidden from scripts in a browser.'),
      sameSite: z
        .enum(['none', 'lax', 'strict'])
        .optional()
        .describe('Whether browsers send it with cross-site requests. Default: up to the browser.'),
      maxAge: z.int().default(0).describe('Seconds; 0: until the browser closes.'),
    })
    .prefault({})
    .describe('The cookie that names the server.'),
});

/** An active health check as both formats write it. */
export const healthCheckSchema = z.strictObject({
  path: z
    .string()
    .transform((path) => (path.startsWith('/') ? path : `/${path}`))
    .default('/')
    .describe('Path of the health check.'),
  method: z
    .string()
    .regex(/^[A-Za-z]+$/, { error: 'expected an HTTP method' })
    .default('GET')
    .describe('Case-insensitive.'),
  scheme: z.enum(['http', 'https']).optional().describe("Default: that of the server's URL."),
  port: z.int().min(1).max(65_535).optional().describe("Default: that of the server's URL."),
  hostname: z.string().min(1).optional().describe('`Host` of the health check. Default: that of the server.'),
  headers: z
    .record(
      z.string().regex(token, { error: 'expected the name of a header' }),
      z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, { error: 'expected a value without control characters' }),
    )
    .default({})
    .describe('Headers of the health check, by name.'),
  interval: duration.prefault('30s').describe('Time between two health checks of one server.'),
  timeout: duration.prefault('5s').describe('Time limit for one health check.'),
  status: z.int().min(0).max(599).default(0).describe('Expected status; 0: any 2xx or 3xx.'),
});

export function toSticky(
  sticky: z.output<typeof stickySchema> | undefined,
  serviceName: string,
): StickyConfig | undefined {
  if (sticky === undefined) return undefined;
  const { name, secure, httpOnly, sameSite, maxAge } = sticky.cookie;
  // As Traefik names it, so that a caller stays with its server when the gateway takes Traefik's place.
  const made = `_${createHash('sha1').update(`_TRAEFIK_BACKEND_${serviceName}`).digest('hex').slice(0, 5)}`;
  return Object.freeze({ cookieName: name ?? made, secure, httpOnly, sameSite, maxAgeSeconds: maxAge });
}

export function toHealthCheck(
  check: z.output<typeof healthCheckSchema> | undefined,
): HealthCheckConfig | undefined {
  if (check === undefined) return undefined;
  const { interval, timeout, scheme, port, hostname, method, ...rest } = check;
  return Object.freeze({
    ...rest,
    scheme,
    port,
    hostname,
    method: method.toUpperCase(),
    intervalMs: interval,
    timeoutMs: timeout,
  });
}
