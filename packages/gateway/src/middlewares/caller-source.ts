import { valueIn } from '../http1/message/header-list.ts';
import type { StepRequest } from './step.ts';

/** The source of a request, for queues of expensive work: the last address from a trusted proxy, or that of the connection. */
export function callerSourceOf({ facts }: Pick<StepRequest, 'facts'>): string {
  const forwarded = facts.trusted ? valueIn(facts.rawHeaders, 'x-forwarded-for') : undefined;
  return forwarded?.split(',').at(-1)?.trim() ?? facts.remoteAddress;
}
