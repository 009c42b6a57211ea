import type { ArgumentFault } from '@grantgate/middleware/predicate/functions';

/** Fault of the first empty argument: like Traefik, every matcher refuses one. */
export function refuseEmpty(args: readonly string[]): ArgumentFault | undefined {
  const argument = args.indexOf('');
  return argument < 0 ? undefined : { argument, message: 'expected a non-empty string' };
}

export function isAscii(text: string): boolean {
  return /^[\u0000-\u007f]*$/.test(text);
}
