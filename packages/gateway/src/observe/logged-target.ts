import type { RequestRecord } from '../pipeline/record.ts';
import { redactTarget } from './redact.ts';
import { fromWireTarget } from './wire-text.ts';

/** Path and query of a request as they are logged. @param keepsQuery whether the query is. */
export function toLoggedTarget(
  { facts: { target }, secretNames }: Pick<RequestRecord, 'facts' | 'secretNames'>,
  keepsQuery: boolean,
): string {
  const question = keepsQuery ? -1 : target.indexOf('?');
  return fromWireTarget(redactTarget(question < 0 ? target : target.slice(0, question), secretNames));
}
