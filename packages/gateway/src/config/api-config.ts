import { Secret } from '@grantgate/middleware/base/secret';
import type { OptionsOf } from '@grantgate/middleware/options/options-of';
import { z } from 'zod';
import { isLoopback, type HostPort } from './address.ts';
import type { ProblemDetails } from './problem.ts';
import { usualResponder } from './responding-entry-point.ts';

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

/** The part of an install configuration that concerns the API. */
interface ApiInstall {
  readonly api?: z.output<typeof apiSchema> | undefined;
  readonly entryPoints: Readonly<Record<string, { readonly address: HostPort }>>;
}

/**
 * @param install with its defaults, under the names of its options; the API shows it.
 * @param at makes paths absolute.
 */
export function toApi(install: ApiInstall, at: (path: string) => string) {
  if (install.api === undefined) return undefined;
  const { actions: _, actionsToken, basePath, insecure, socket, ...api } = install.api;
  const entryPoint = usualResponder(install.entryPoints);
  return {
    ...api,
    /** Undefined: no entry point serves it. */
    entryPoint,
    /** Whether only this machine reaches the entry point. */
    isLoopback: entryPoint !== undefined && isLoopback(install.entryPoints[entryPoint]?.address.host),
    /** Whether reads need no token even if other machines reach the entry point. */
    isInsecure: insecure,
    /** Path prefix of `/api` and `/dashboard`; empty: none. */
    basePath: basePath === '/' ? '' : basePath,
    socket: socket && at(socket),
    /** The token that actions require, or a reference to it. */
    actionsToken: actionsToken === undefined ? undefined : new Secret(actionsToken),
    effective: { ...install } as Readonly<Record<string, unknown>>,
  };
}

/** The API of the gateway. */
export type ApiConfig = NonNullable<OptionsOf<ReturnType<typeof toApi>>>;

/** Minimum length of a token in the configuration itself: a shorter one could be guessed. */
const minTokenLength = 16;

type ApiProblem = Required<Pick<ProblemDetails, 'severity' | 'code' | 'message'>> & {
  readonly path: readonly string[];
};

/** Settings that expose the API by mistake, and settings without effect. */
export function findApiMistakes(install: ApiInstall): readonly ApiProblem[] {
  const { api, entryPoints } = install;
  if (api === undefined) return [];
  const problems: ApiProblem[] = [];
  const { actionsToken: token, actions, insecure, socket } = api;
  const name = usualResponder(entryPoints);
  const isReachable = name !== undefined && !isLoopback(entryPoints[name]?.address.host);
  if (token !== undefined && !/^urn:(?:env|file):/i.test(token) && token.length < minTokenLength)
    problems.push({
      severity: 'error',
      code: 'invalid_value',
      path: ['api', 'actionsToken'],
      message: `expected urn:env:VARIABLE, urn:file:PATH or at least ${minTokenLength} characters`,
    });
  if (isReachable && token === undefined && !insecure && socket === undefined)
    problems.push({
      severity: 'warning',
      code: 'unprotected_api',
      path: ['api'],
      message: `the API is not served, because other machines reach the entry point ${name}: set api.actionsToken, api.socket or api.insecure, or let it listen on 127.0.0.1`,
    });
  if (token === undefined && socket === undefined && actions === true)
    problems.push({
      severity: 'warning',
      code: 'no_secret',
      path: ['api', 'actions'],
      message: 'actions are refused without a secret: set api.actionsToken or api.socket',
    });
  return problems;
}
