import { z } from 'zod';
import { valueIn, type HeaderList } from '../../http1/message/header-list.ts';
import { defineKind } from '../kind.ts';
import { readOptions } from '../read-options.ts';
import { unchanged, type Step } from '../step.ts';
import { detectContentType } from './detect.ts';

const schema = z.strictObject({
  autoDetect: z
    .boolean()
    .default(true)
    .describe('Deprecated, as in Traefik; `false` turns the middleware off.'),
});

type ContentTypeOptions = z.output<typeof schema>;

/** Traefik's `contentType`. */
export const contentType = defineKind<ContentTypeOptions>({
  name: 'contentType',
  isPlugin: false,
  description: 'Detects the media type of responses that have no `Content-Type`.',
  schema: () => schema,
  read: (config, sources) => readOptions(schema, config, sources),
  createCompile: () => compile,
});

function compile({ autoDetect }: ContentTypeOptions, name: string): Step {
  if (!autoDetect) return Object.freeze({ name, onRequest: () => unchanged });
  return Object.freeze({
    name,
    onRequest: () => unchanged,
    awaitsStart: (headers, _status, { facts }) => facts.method !== 'HEAD' && isUntyped(headers),
    onResponse: (headers, _status, _request, start) =>
      start !== undefined && isUntyped(headers)
        ? [...headers, 'Content-Type', detectContentType(start)]
        : headers,
  } satisfies Step);
}

/** An encoded body hides its type. */
const isUntyped = (headers: HeaderList): boolean =>
  valueIn(headers, 'content-type') === undefined && (valueIn(headers, 'content-encoding') ?? '') === '';
