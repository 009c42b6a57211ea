import type { RequestFacts } from '../routing/facts.ts';
import { toBare } from './escape.ts';

/** A trusted proxy's word for who the caller is, or the address of the connection. */
export function toClientHost(facts: RequestFacts): string {
  const forwarded = facts.trusted ? headerOf(facts, 'x-forwarded-for') : undefined;
  return forwarded === undefined ? facts.remoteAddress : toBare(forwarded.replaceAll(' ', ''));
}

/** @param name in lower case. */
export function headerOf({ rawHeaders }: RequestFacts, name: string): string | undefined {
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.length === name.length && rawHeaders[at]?.toLowerCase() === name)
      return rawHeaders[at + 1];
  return undefined;
}
