import { z } from 'zod';
import { parseAddress, parseRange, type IpAddress } from '../routing/address.ts';
import type { StepRequest } from './step.ts';

const expectedRange = 'expected an IPv4 or IPv6 address or CIDR range';

/** An address or CIDR range. */
export const rangeSchema = z
  .string()
  .refine((text) => parseRange(text) !== undefined, { error: expectedRange });

/** Traefik's `ipStrategy`: determines the source address of a request. */
export const ipStrategySchema = z.strictObject({
  depth: z
    .int()
    .min(0)
    .default(0)
    .describe('Index of the entry of `X-Forwarded-For`, from the right; 0: the address of the connection.'),
  excludedIPs: z
    .array(rangeSchema)
    .default([])
    .describe(
      'Addresses to skip: the first other address of `X-Forwarded-For` from the right is used; not with `depth`.',
    ),
  ipv6Subnet: z
    .int()
    .min(0)
    .max(128)
    .optional()
    .describe('Prefix length of IPv6 addresses, such as 64: the remaining bits are set to 0.'),
});

export type IpStrategy = z.output<typeof ipStrategySchema>;

/** Finds the source address of a request; undefined when `X-Forwarded-For` has no such entry. */
export function compileIpStrategy(
  strategy: IpStrategy | undefined,
): (request: StepRequest) => string | undefined {
  const { depth = 0, excludedIPs = [], ipv6Subnet } = strategy ?? {};
  const mask = (address: string | undefined): string | undefined =>
    address === undefined || ipv6Subnet === undefined ? address : maskIpv6(address, ipv6Subnet);
  if (depth > 0) return (request) => mask(forwardedFor(request).at(-depth));
  if (excludedIPs.length === 0) return ({ facts }) => mask(facts.remoteAddress);
  const isExcluded = compileRanges(excludedIPs);
  return (request) => mask(forwardedFor(request).findLast((address) => !isExcluded(address)));
}

/** Whether an address is in one of some ranges; false for invalid text. */
export function compileRanges(ranges: readonly string[]): (address: string) => boolean {
  const tests = ranges.map((range) => parseRange(range) ?? (() => false));
  return (text) => {
    const address = parseAddress(text);
    return address !== undefined && tests.some((contains) => contains(address));
  };
}

/** The addresses that a trusted proxy reports; those from other callers are ignored. */
const forwardedFor = (request: StepRequest): readonly string[] =>
  (request.header('x-forwarded-for') ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

function maskIpv6(text: string, bits: number): string {
  const address: IpAddress | undefined = parseAddress(text);
  if (address?.kind() !== 'ipv6') return text;
  const bytes = address.toByteArray().map((byte, at) => {
    const kept = Math.max(0, Math.min(8, bits - at * 8));
    return byte & (0xff << (8 - kept)) & 0xff;
  });
  const groups = Array.from({ length: 8 }, (_, at) => ((bytes[at * 2] ?? 0) << 8) | (bytes[at * 2 + 1] ?? 0));
  return parseAddress(groups.map((group) => group.toString(16)).join(':'))?.toString() ?? text;
}
