import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { compileIpStrategy, compileRanges, ipStrategySchema, rangeSchema } from '../ip-strategy.ts';
import { defineKind } from '../kind.ts';
import { readOptions } from '../read-options.ts';
import { defineRefusal } from '../refusal.ts';
import { unchanged, type Step } from '../step.ts';

const shape = {
  sourceRange: z.array(rangeSchema).min(1).describe('Addresses and CIDR ranges that may send requests.'),
  ipStrategy: ipStrategySchema
    .optional()
    .describe('Determines the address. Default: the address of the connection.'),
};
const whiteListSchema = z.strictObject(shape);
const schema = z.strictObject({
  ...shape,
  rejectStatusCode: z.int().min(400).max(599).default(403).describe('Status of the refusal.'),
});

type IpAllowListOptions = z.output<typeof schema>;

const addressNotAllowed = defineRefusal(
  {
    code: 'address_not_allowed',
    status: 403,
    title: 'Forbidden',
    detail: 'requests from this address are not served',
  },
  "`ipAllowList`: the caller's address is not in `sourceRange`. `rejectStatusCode` sets the status.",
);

/** Traefik's `ipAllowList`. */
export const ipAllowList = defineKind<IpAllowListOptions>({
  name: 'ipAllowList',
  isPlugin: false,
  description: 'Accepts requests only from some addresses.',
  schema: () => schema,
  refusals: [addressNotAllowed],
  read: (config, sources) => readOptions(schema, config, sources),
  createCompile: () => compile,
});

/** The name in Traefik 2, which Traefik 3 still accepts. */
export const ipWhiteList = defineKind<IpAllowListOptions>({
  name: 'ipWhiteList',
  isPlugin: false,
  description: 'Deprecated name of `ipAllowList`.',
  schema: () => whiteListSchema,
  read(config, sources) {
    const { options, ...found } = readOptions(whiteListSchema, config, sources);
    return { ...found, options: options && Object.freeze({ ...options, rejectStatusCode: 403 }) };
  },
  createCompile: () => compile,
});

function compile(
  { sourceRange, ipStrategy, rejectStatusCode: status }: IpAllowListOptions,
  name: string,
): Step {
  const addressOf = compileIpStrategy(ipStrategy);
  const isAllowed = compileRanges(sourceRange);
  const title = STATUS_CODES[status] ?? addressNotAllowed.refusal.title;
  const refusal = Object.freeze({ ...addressNotAllowed.refusal, status, title });
  return Object.freeze({
    name,
    onRequest(request) {
      const address = addressOf(request);
      if (address !== undefined && isAllowed(address)) return unchanged;
      return { ...refusal, reason: `the address is ${address ?? 'not in X-Forwarded-For'}` };
    },
  } satisfies Step);
}
