import type { ResponseHead } from '../http1/client/response-head.ts';
import type { CallerResponseHead } from '../http1/message/response-writer.ts';
import { hopByHop, namedByConnection } from '../http1/message/hop-by-hop.ts';
import { noPasses } from '../middlewares/step-changes.ts';
import { toAnnouncement } from './trailers.ts';

/** Changes to the headers of a response, given as name and value in turn. */
export interface HeaderChanges {
  /** Whether the changes depend on the first part of its body. @param headers as the server sent them. */
  awaitsStart(headers: readonly string[], status: number): boolean;
  /** @param start the first part of the body; undefined when there is none, or when it was not awaited. */
  change(headers: readonly string[], status: number, start: Buffer | undefined): readonly string[];
}

/**
 * The head that the caller receives.
 * @param repeats whether the same head was passed before.
 * @param changes undefined: the headers are forwarded unchanged.
 */
export type ToCallerHead = (
  head: ResponseHead,
  repeats: boolean,
  setCookies: readonly string[],
  changes: HeaderChanges | undefined,
  start: Buffer | undefined,
) => CallerResponseHead;

export function createCallerHeads(): ToCallerHead {
  const kept = new WeakMap<ResponseHead, CallerResponseHead>();
  const toChanged = createToChanged();
  const write = (head: ResponseHead, setCookies: readonly string[], reused: boolean): CallerResponseHead => {
    const headers = toCallerHeaders(head, setCookies);
    return { status: head.status, reason: toReason(head.reason), headers, dated: true, reused };
  };
  const toHead = (
    head: ResponseHead,
    repeats: boolean,
    setCookies: readonly string[],
  ): CallerResponseHead => {
    if (!repeats || setCookies.length > 0) return write(head, setCookies, false);
    let response = kept.get(head);
    if (response === undefined) {
      response = write(head, setCookies, true);
      kept.set(head, response);
    }
    return response;
  };
  return (head, repeats, setCookies, changes, start) => {
    const response = toHead(head, repeats, setCookies);
    return changes === undefined
      ? response
      : toChanged(response, changes.change(response.headers, response.status, start));
  };
}

/** Returns heads with other headers; for a repeated head with the same list of headers, the same object. */
function createToChanged(): (response: CallerResponseHead, headers: readonly string[]) => CallerResponseHead {
  const changed = new WeakMap<readonly string[], CallerResponseHead>();
  return (response, headers) => {
    if (headers === response.headers) return response;
    if (!response.reused) return { ...response, headers };
    let head = changed.get(headers);
    if (head === undefined) changed.set(headers, (head = { ...response, headers }));
    // Two heads that differ otherwise may share a list.
    return head.status === response.status && head.reason === response.reason
      ? head
      : { ...response, headers };
  };
}

/** Its headers: those of the upstream except the headers of its connection, and the cookies of sticky services. */
export function toCallerHeaders(head: ResponseHead, setCookies: readonly string[]): string[] {
  const { headers, connection } = head;
  const named = connection === undefined ? undefined : namedByConnection(connection);
  const result: string[] = [];
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] ?? '';
    if (name === 'trailer' && head.framing === 'chunked') appendAnnouncement(result, headers[at + 1] ?? '');
    if (hopByHop.has(name) || (named?.has(name) === true && name !== 'content-length')) continue;
    result.push(name, headers[at + 1] ?? '');
  }
  for (const cookie of setCookies) result.push('set-cookie', cookie);
  return result;
}

function appendAnnouncement(result: string[], value: string): void {
  const announced = toAnnouncement(value, noPasses);
  if (announced !== undefined) result.push('trailer', announced);
}

/** The reason phrase if it can be written; it has no meaning (RFC 9112 section 4). */
function toReason(reason: string): string {
  return /^[\t\x20-\x7e]*$/.test(reason) ? reason : '';
}
