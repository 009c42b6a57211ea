import { pino } from 'pino';
import type { InstallConfig } from '../config/install-config.ts';
import { quote } from './escape.ts';

export type LogLevel = InstallConfig['log']['level'];
/** Fields of a log line besides its message; never a secret or a token. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** The gateway's own log. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** Lines below it are omitted. */
  readonly level: () => LogLevel;
  setLevel(level: LogLevel): void;
}

/**
 * Creates a log with one JSON object per line (`level`, `time`, `msg`), or with readable lines (`common`).
 * @param base fields of every line.
 */
export function createLog(
  { level, format }: Pick<InstallConfig['log'], 'level' | 'format'>,
  destination: { write(text: string): void },
  base?: LogFields,
): Log {
  const logger = pino(
    {
      level,
      base: base ?? null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    format === 'json' ? destination : { write: (line) => destination.write(toText(line)) },
  );
  const at =
    (name: LogLevel) =>
    (message: string, fields: LogFields = {}): void =>
      logger[name](fields, message);
  let current = level;
  return Object.freeze({
    ...{ debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    level: () => current,
    setLevel(next: LogLevel) {
      logger.level = current = next;
    },
  });
}

/** A message is readable text; its control characters are escaped nevertheless. */
const toPlain = (text: string): string =>
  text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (char) => quote(char).slice(1, -1));

/** `2026-01-01T00:00:00.000Z INFO message key=value` */
function toText(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, string>;
  const pairs = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? quote(value) : JSON.stringify(value)}`,
  );
  return `${[time, level?.toUpperCase(), toPlain(msg ?? ''), ...pairs].join(' ')}\n`;
}
