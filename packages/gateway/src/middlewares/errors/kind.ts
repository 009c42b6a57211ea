import { z } from 'zod';
import type { MiddlewareConfig } from '../../config/dynamic.ts';
import type { SharedSources } from '../../secrets/resolve.ts';
import { defineKind, type NameSchemas, type OptionsResult } from '../kind.ts';
import { readOptions } from '../read-options.ts';
import { defineRefusal } from '../refusal.ts';
import { unchanged, type Step, type StepRequest } from '../step.ts';
import { ErrorPageResponse, type Replacement } from './error-page-response.ts';

const expectedRange = 'expected a status code or a range such as 500-599';
const range = z.string().refine((text) => readStatusRange(text) !== undefined, { error: expectedRange });

const shape = {
  status: z.array(range).default([]).describe('Status codes and ranges (`500-599`) of responses to replace.'),
  statusRewrites: z
    .record(range, z.int().min(200).max(599))
    .default({})
    .describe('New status of replaced responses, by status code or range. Default: unchanged.'),
  query: z
    .string()
    .regex(/^[\x21\x22\x24-\x7e]*$/, { error: 'expected a path and query without spaces and fragment' })
    .default('')
    .describe(
      'Path and query of the page; `{status}`, `{originalStatus}` and `{url}` are replaced. Default: `/`.',
    ),
  errorRequestHeaders: z
    .array(z.string().min(1))
    .optional()
    .describe(
      'Headers of the request that the service of the pages gets. Default: all. Credentials and conditions are left out in any case.',
    ),
};

const schema = (service: z.ZodType) =>
  z.strictObject({ ...shape, service: service.describe('Service with the pages.') });

/** The service is read with the naming rules of the configuration's format, and listed with the configuration. */
const ownSchema = schema(
  z.custom((value) => value !== undefined && value !== '', { error: 'expected the service of the pages' }),
);

interface ErrorsOptions extends z.output<typeof ownSchema> {
  /** Its qualified name. */
  readonly service: string;
}

const pageUnavailable = defineRefusal(
  {
    code: 'error_page_unavailable',
    status: 500,
    title: 'Error page unavailable',
    detail: 'the page for this error could not be loaded',
  },
  '`errors`: the service of the pages does not respond. The status is that of the replaced response.',
);

/** Traefik's `errors`. */
export const errors = defineKind<ErrorsOptions>({
  name: 'errors',
  isPlugin: false,
  description: 'Replaces error responses with pages from a service.',
  schema: ({ service }: NameSchemas) => schema(service),
  service: 'service',
  refusals: [pageUnavailable],
  read,
  createCompile: () => compile,
});

function read(config: MiddlewareConfig, sources: SharedSources): OptionsResult<ErrorsOptions> {
  const found = readOptions(ownSchema, config, sources);
  const { options } = found;
  const { service } = config;
  return {
    ...found,
    options: options === undefined || service === undefined ? undefined : { ...options, service },
  };
}

function compile(
  { status, statusRewrites, query, errorRequestHeaders, service }: ErrorsOptions,
  name: string,
): Step {
  const requestHeaders =
    errorRequestHeaders && new Set(errorRequestHeaders.map((header) => header.toLowerCase()));
  const ranges = status.flatMap((text) => readStatusRange(text) ?? []);
  const rewrites = Object.entries(statusRewrites).flatMap(([text, to]) => {
    const of = readStatusRange(text);
    return of === undefined ? [] : [{ of, to }];
  });
  const isReplaced = (code: number): boolean => ranges.some((one: StatusRange) => isWithin(code, one));
  const path = `/${query.replace(/^\//, '')}`;
  // Taken from this step's request, because a later step may change its path.
  const urls = new WeakMap<StepRequest, string>();
  const toReplacement = (request: StepRequest, original: number): Replacement | undefined => {
    if (!isReplaced(original)) return undefined;
    const code = rewrites.find(({ of }) => isWithin(original, of))?.to ?? original;
    const target = path
      .replaceAll('{status}', String(code))
      .replaceAll('{originalStatus}', String(original))
      .replaceAll('{url}', () => escapeQuery(urls.get(request) ?? ''));
    const unavailable = { ...pageUnavailable.refusal, status: code };
    return { service, target, status: code, requestHeaders, unavailable };
  };
  return Object.freeze({
    name,
    service,
    onRequest(request) {
      const { scheme, authority } = request.facts;
      urls.set(request, `${scheme}://${authority}${request.target}`);
      return unchanged;
    },
    wrapResponse: (next, request, pages) =>
      new ErrorPageResponse(next, pages, (code) => toReplacement(request, code)),
  } satisfies Step);
}

/** Escapes text for a query, as Go does. */
const escapeQuery = (text: string): string =>
  encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');

/** Status codes, both ends included. */
export interface StatusRange {
  readonly from: number;
  readonly to: number;
}

/** A status code, `404`, or a range of them, `500-599`; undefined for text that is neither. */
export function readStatusRange(text: string): StatusRange | undefined {
  const [, first, last = first] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  return from <= to ? { from, to } : undefined;
}

export const isWithin = (status: number, { from, to }: StatusRange): boolean =>
  status >= from && status <= to;
