import type { OptionsOf } from '@grantgate/middleware/options/options-of';
import { z } from 'zod';
import { logOtlpSchema, toLogExport } from './otlp-config.ts';

/** Traefik's levels that grantgate does not have. */
const otherLevels: Readonly<Record<string, string>> = { trace: 'debug', fatal: 'error', panic: 'error' };

const toLevel = (value: unknown): unknown => {
  if (typeof value !== 'string') return value;
  const level = value.toLowerCase();
  return otherLevels[level] ?? level;
};

/** `log` of the install configuration. */
export const logSchema = z.strictObject({
  level: z
    .preprocess(toLevel, z.enum(['debug', 'info', 'warn', 'error']))
    .prefault('info')
    .describe('Minimum level; case-insensitive. `trace` is `debug`; `fatal` and `panic` are `error`.'),
  format: z.enum(['json', 'common']).default('json').describe('`common` is for people, `json` for machines.'),
  filePath: z
    .string()
    .min(1)
    .optional()
    .describe('Default: standard error. The file is rotated when it reaches `maxSize`.'),
  maxSize: z
    .int()
    .min(0)
    .max(1_048_576)
    .default(100)
    .describe('Size at which the file is rotated, in MiB; 0: 100.'),
  maxBackups: z.int().min(0).default(0).describe('Number of rotated files that are kept; 0: all.'),
  maxAge: z
    .int()
    .min(0)
    .max(36_500)
    .default(0)
    .describe('Age in days after which rotated files are deleted; 0: never.'),
  compress: z.boolean().default(true).describe('Compresses rotated files with gzip.'),
  otlp: logOtlpSchema.optional().describe('Exports the log, too.'),
});

const bytesPerMib = 1024 * 1024;
const msPerDay = 86_400_000;

/** @param at makes paths absolute. */
export const toLog = (
  { level, format, otlp, filePath, compress, maxBackups, maxSize, maxAge }: z.output<typeof logSchema>,
  at: (path: string) => string,
) => ({
  level,
  format,
  otlp: otlp && toLogExport(otlp, at),
  file:
    filePath === undefined
      ? undefined
      : {
          path: at(filePath),
          maxBytes: (maxSize || 100) * bytesPerMib,
          maxBackups,
          maxAgeMs: maxAge * msPerDay,
          compress,
        },
});

/** A log file and its rotation; 0: no limit. */
export type LogFileConfig = NonNullable<OptionsOf<ReturnType<typeof toLog>>['file']>;
