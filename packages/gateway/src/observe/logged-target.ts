import { redactTarget } from './redact.ts';
import { fromWireTarget } from './wire-text.ts';

/** Path and query as they are logged. @param keepsQuery whether the query is. */
export function toLoggedTarget(target: string, keepsQuery: boolean): string {
  const question = keepsQuery ? -1 : target.indexOf('?');
  return fromWireTarget(redactTarget(question < 0 ? target : target.slice(0, question)));
}
