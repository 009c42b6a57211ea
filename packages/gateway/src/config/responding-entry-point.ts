import { z } from 'zod';

/** An entry point for requests to the gateway itself. */
export const respondingEntryPoint = z
  .string()
  .min(1)
  .optional()
  .describe('Entry point that serves it. Default: `admin`, otherwise `traefik`.');

/** Entry points that serve only routes that name them: grantgate's `admin` and Traefik's `traefik`. */
export const internalEntryPoints: readonly string[] = Object.freeze(['admin', 'traefik']);

/** The default entry point for requests to the gateway itself; undefined: there is none. */
export const usualResponder = (entryPoints: Readonly<Record<string, unknown>>): string | undefined =>
  internalEntryPoints.find((name) => Object.hasOwn(entryPoints, name));
