import { z } from 'zod';

/** Maximum length in characters: Linux allows 107 bytes, macOS 103. */
const maxSocketPath = 103;

/** `api` of the install configuration: Traefik's names, and grantgate's for actions. */
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
      'Enables actions: `POST /api/tokens/purge`, `POST /api/log/level` and `POST /api/drain`. They require `actionsToken`, or `socket`. Default: enabled on the socket, and if `admin` listens on a loopback address.',
    ),
  socket: z
    .string()
    .min(1)
    .max(maxSocketPath)
    .optional()
    .describe(
      'Path of a Unix socket that serves the API, and actions without a token, to the user that runs the gateway (mode 0600). Default: none.',
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
