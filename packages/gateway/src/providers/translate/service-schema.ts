import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { HealthCheckConfig, PassiveHealthCheckConfig, StickyConfig } from '../../config/dynamic.ts';
import { duration } from '@grantgate/middleware/options/duration';

/** RFC 9110 section 5.6.2 */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** RFC 6265 section 4.1.1: an attribute of a cookie has no control characters and no ";". */
const attribute = z
  .string()
  .regex(/^[\x20-\x3a\x3c-\x7e]+$/, { error: 'expected an attribute of a cookie (RFC 6265 section 4.1.1)' });

/** Stickiness, in both formats. */
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
      maxAge: z.int().default(0).describe('Seconds; 0: until the browser closes; below 0: expires at once.'),
      path: attribute.default('/').describe('Path prefix for which the browser sends it.'),
      domain: attribute.optional().describe('Default: the host of the request alone.'),
    })
    .prefault({})
    .describe('The cookie that names the server.'),
});

/** An active health check, in both formats. */
export const healthCheckSchema = z.strictObject({
  mode: z
    .enum(['http', 'grpc'])
    .default('http')
    .describe(
      '`http`: a request over HTTP. `grpc`: a call of `grpc.health.v1.Health/Check`, whose response must be SERVING.',
    ),
  path: z
    .string()
    .default('/')
    .describe("Path of the health check; one without a leading slash is relative to the server's URL."),
  method: z
    .string()
    .regex(/^[A-Za-z]+$/, { error: 'expected an HTTP method' })
    .default('GET')
    .describe('Case-insensitive.'),
  scheme: z.enum(['http', 'https', 'h2c']).optional().describe("Default: that of the server's URL."),
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
  unhealthyInterval: duration
    .optional()
    .describe('The same while the server is not healthy. Default: `interval`.'),
  timeout: duration.prefault('5s').describe('Time limit for one health check.'),
  followRedirects: z
    .boolean()
    .default(true)
    .describe('Whether the target of a redirect is requested, up to ten times.'),
  status: z.int().min(0).max(599).default(0).describe('Expected status; 0: any 2xx or 3xx.'),
});

/** A passive health check, in both formats. */
export const passiveHealthCheckSchema = z.strictObject({
  failureWindow: duration
    .prefault('10s')
    .describe('Time in which failures are counted, and for which the server then gets no requests.'),
  maxFailedAttempts: z
    .int()
    .min(1)
    .default(1)
    .describe('Responses of 500 and above, or none at all, without another response between.'),
});

export const strategies = ['wrr', 'p2c', 'hrw', 'leasttime'] as const;

export const describedStrategies =
  '`wrr`: in turn, by weight. `p2c`: of two at random, the one with fewer requests in flight. `hrw`: by the address of the peer. `leasttime`: the one that responds fastest.';

export const strategySchema = z.enum(strategies).default('wrr').describe(describedStrategies);

/** The health of a composite service follows from that of its members, with or without this option. */
export const derivedHealthSchema = z
  .strictObject({})
  .optional()
  .describe('No effect: a service without a healthy server gets no requests in any case.');

export const toPassiveHealthCheck = (
  check: z.output<typeof passiveHealthCheckSchema> | undefined,
): PassiveHealthCheckConfig | undefined =>
  check &&
  Object.freeze({ failureWindowMs: check.failureWindow, maxFailedAttempts: check.maxFailedAttempts });

export function toSticky(
  sticky: z.output<typeof stickySchema> | undefined,
  serviceName: string,
): StickyConfig | undefined {
  if (sticky === undefined) return undefined;
  const { name, secure, httpOnly, sameSite, maxAge, path, domain } = sticky.cookie;
  // Traefik's name, so that a caller stays with its server when the gateway replaces Traefik.
  const made = `_${createHash('sha1').update(`_TRAEFIK_BACKEND_${serviceName}`).digest('hex').slice(0, 5)}`;
  const cookieName = name ?? made;
  return Object.freeze({ cookieName, path, domain, secure, httpOnly, sameSite, maxAgeSeconds: maxAge });
}

export function toHealthCheck(
  check: z.output<typeof healthCheckSchema> | undefined,
): HealthCheckConfig | undefined {
  if (check === undefined) return undefined;
  const { interval, unhealthyInterval, timeout, scheme, port, hostname, method, ...rest } = check;
  return Object.freeze({
    ...rest,
    scheme,
    port,
    hostname,
    method: method.toUpperCase(),
    intervalMs: interval,
    unhealthyIntervalMs: unhealthyInterval ?? interval,
    timeoutMs: timeout,
  });
}
