import { createLru } from '@grantgate/middleware/base/lru';
import { z } from 'zod';
import type { MiddlewareConfig } from '../../config/dynamic.ts';
import type { SharedSources } from '../../secrets/resolve.ts';
import { defineKind, type OptionsResult } from '../kind.ts';
import { createOptionProblem, readOptions } from '../read-options.ts';
import { unchanged, type Step, type StepRequest } from '../step.ts';
import { chooseEncoding } from './accept-encoding.ts';
import { CompressedResponse, createSlots, type Slots } from './compressed-response.ts';
import { isExcluded, readMediaType } from './content-types.ts';
import { encodings, findCoding, type Encoding } from './encoders.ts';

const mediaTypes = z
  .array(z.string().refine((text) => readMediaType(text) !== undefined, { error: 'expected a media type' }))
  .default([]);
const encoding = z.enum(['gzip', 'br', 'zstd']);

/** Minimum bytes of a body to compress, as in Traefik. */
const usualMinBytes = 1024;

const schema = z
  .strictObject({
    excludedContentTypes: mediaTypes.describe(
      'Content types of requests and responses that are not compressed; `application/grpc` never is.',
    ),
    includedContentTypes: mediaTypes.describe('The only content types that are compressed. Default: all.'),
    minResponseBodyBytes: z
      .int()
      .min(0)
      .default(usualMinBytes)
      .describe('Minimum size of a body to compress, in bytes; 0: the default.'),
    encodings: z
      .array(encoding)
      .min(1)
      .default([...encodings])
      .describe('Encodings, most preferred first. `zstd` needs Node.js 22.15 or later.'),
    defaultEncoding: z
      .union([encoding, z.literal('')])
      .default('')
      .describe('Encoding for requests without `Accept-Encoding`; default: not compressed.'),
  })
  .superRefine(({ excludedContentTypes, includedContentTypes, ...options }, issues) => {
    if (excludedContentTypes.length > 0 && includedContentTypes.length > 0)
      issues.addIssue({
        code: 'custom',
        path: ['includedContentTypes'],
        message: 'expected either excludedContentTypes or includedContentTypes',
      });
    if (options.defaultEncoding !== '' && !options.encodings.includes(options.defaultEncoding))
      issues.addIssue({
        code: 'custom',
        path: ['defaultEncoding'],
        message: 'expected one of the values of encodings',
      });
  });

type CompressOptions = z.output<typeof schema>;

/**
 * Maximum number of responses that one process compresses at once, each with at most half a megabyte of memory. Further ones are sent
 * uncompressed, which every caller accepts.
 */
const maxCompressions = 512;

/** Maximum number of cached values of `Accept-Encoding`: callers send few different ones. */
const maxKnownValues = 256;

/** Traefik's `compress`. */
export const compress = defineKind<CompressOptions>({
  name: 'compress',
  isPlugin: false,
  description: 'Compresses bodies of responses.',
  schema: () => schema,
  read,
  createCompile() {
    const slots = createSlots(maxCompressions);
    return (options, name) => compile(options, name, slots);
  },
});

function read(config: MiddlewareConfig, sources: SharedSources): OptionsResult<CompressOptions> {
  const found = readOptions(schema, config, sources);
  const { encodings: wanted = [] } = found.options ?? {};
  const written = found.writtenPath(['encodings']);
  const missing = isWritten(config) ? wanted.filter((one) => findCoding(one) === undefined) : [];
  const warnings = missing.map((one) =>
    createOptionProblem(config, written, {
      severity: 'warning',
      code: 'ignored_option',
      message: `${one} is ignored: this version of Node.js does not have it`,
    }),
  );
  return { ...found, problems: [...found.problems, ...warnings] };
}

/** Whether the configuration chooses the encodings. */
const isWritten = ({ options }: MiddlewareConfig): boolean =>
  Object.keys(options ?? {}).some((key) => key.toLowerCase() === 'encodings');

function compile(options: CompressOptions, name: string, slots: Slots): Step {
  const offered = options.encodings.filter((one) => findCoding(one) !== undefined);
  const isOffered = (one: Encoding | ''): one is Encoding => offered.some((other) => other === one);
  const usual = isOffered(options.defaultEncoding) ? options.defaultEncoding : undefined;
  const types = {
    included: toSet(options.includedContentTypes),
    excluded: toSet(options.excludedContentTypes),
  };
  const minBytes = options.minResponseBodyBytes || usualMinBytes;
  const known = createLru<string, { readonly encoding: Encoding | undefined }>(maxKnownValues);
  const choose = (accept: string): Encoding | undefined => {
    let choice = known.get(accept);
    if (choice === undefined) {
      choice = { encoding: chooseEncoding(accept, { encodings: offered, defaultEncoding: usual }) };
      known.set(accept, choice);
    }
    return choice.encoding;
  };
  const chooseFor = (request: StepRequest): Encoding | undefined => {
    if (request.facts.method === 'HEAD') return undefined;
    const type = readMediaType(request.header('content-type') ?? '');
    if (type !== undefined && isExcluded(type, types)) return undefined;
    const accept = request.header('accept-encoding');
    return accept === undefined ? usual : choose(accept);
  };
  // Taken from this step's request, because a later step may hide from the server what the caller accepts.
  const chosen = new WeakMap<StepRequest, Encoding>();
  return Object.freeze({
    name,
    onRequest(request) {
      const choice = chooseFor(request);
      if (choice !== undefined) chosen.set(request, choice);
      return unchanged;
    },
    wrapResponse(next, request) {
      const choice = chosen.get(request);
      const coding = choice && findCoding(choice);
      return choice === undefined || coding === undefined
        ? undefined
        : new CompressedResponse(next, { encoding: choice, coding, types, minBytes, slots });
    },
  } satisfies Step);
}

const toSet = (types: readonly string[]): ReadonlySet<string> =>
  new Set(types.flatMap((type) => readMediaType(type) ?? []));
