import { z } from 'zod';

/** An entry point for requests to the gateway itself. */
export const respondingEntryPoint = z
  .string()
  .min(1)
  .optional()
  .describe('Entry point that serves it. Default: `admin`, otherwise `traefik`.');
