import { valueIn } from './header-lists.ts';
import type { StepRequest } from './step.ts';

/** Who is behind a request, for turns of work that costs much: the address that a trusted proxy says last, or that of the connection. */
export function callerSourceOf({ facts }: Pick<StepRequest, 'facts'>): string {
  const forwarded = facts.trusted ? valueIn(facts.rawHeaders, 'x-forwarded-for') : undefined;
  return forwarded?.split(',').at(-1)?.trim() ?? facts.remoteAddress;
}
