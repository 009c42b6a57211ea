import type { z } from 'zod';
import { toRecord } from './parse-shape.ts';
import type { Report } from './report.ts';
import type { sourceSchema } from './source-schema.ts';

/** Where callers put a credential, as an option says it. */
export interface SourceOptions {
  /** As written. */
  readonly header: string | undefined;
  /** Empty: the whole value of the header. */
  readonly schemes: readonly string[];
  readonly query: string | undefined;
  readonly cookie: string | undefined;
}

/** Problems beyond types. @param value of the option, which may be of any type. */
export function checkSource(value: unknown, path: readonly PropertyKey[], report: Report): void {
  const source = toRecord(value);
  if (source === undefined) return;
  const has = (name: string): boolean => source[name] !== undefined && source[name] !== '';
  if (!['header', 'query', 'cookie'].some(has))
    report('error', path, 'missing_option', 'set header, query or cookie');
  if (has('headerAuthScheme') && !has('header'))
    report('error', [...path, 'headerAuthScheme'], 'invalid_value', 'expected header beside it');
}

export const toSourceOptions = (shape: z.output<typeof sourceSchema>): SourceOptions =>
  Object.freeze({
    header: shape.header,
    schemes: Object.freeze(shape.headerAuthScheme === undefined ? [] : [shape.headerAuthScheme]),
    query: shape.query,
    cookie: shape.cookie,
  });
