import { z } from 'zod';

/** `api` of the install configuration; Traefik's names, and ours for actions. */
export const apiSchema = z.strictObject({
  dashboard: z
    .boolean()
    .default(true)
    .describe('Serves the dashboard at `/dashboard/`, where the API is served.'),
  insecure: z
    .boolean()
    .default(false)
    .describe(
      'Serves reads without `actionsToken` although the entry point listens on an address that other machines reach. Default: off; on a loopback address, reads need no token.',
    ),
  basePath: z
    .string()
    .regex(/^\/(?:[A-Za-z0-9._~-]+(?:\/[A-Za-z0-9._~-]+)*)?$/, {
      error: 'expected a path such as /gateway, without a slash at its end',
    })
    .default('/')
    .describe('Prefix of the paths of the API and the dashboard.'),
  actions: z
    .boolean()
    .optional()
    .describe(
      'Enables actions: `POST /api/tokens/purge`, and with `actionsToken` also `POST /api/log/level` and `POST /api/drain`. Default: enabled if `admin` listens on a loopback address.',
    ),
  actionsToken: z
    .string()
    .min(1)
    .optional()
    .meta({ title: 'secret' })
    .describe(
      'Bearer token that actions require: `urn:env:VARIABLE`, `urn:file:PATH`, or the token, at least 16 characters. Reads require it too where other machines reach the entry point, unless `insecure` is on. Default: none.',
    ),
});
