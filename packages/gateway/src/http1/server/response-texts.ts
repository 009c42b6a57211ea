import type { Clock } from '@grantgate/middleware/base/clock';
import { createDates } from '../message/dates.ts';
import { toHeaderText } from '../message/header-text.ts';
import type { CallerResponseHead } from '../message/response-writer.ts';

/** The head of a response as text, except the parts that depend on the request. */
export interface ResponseText {
  /** Status line and headers, each with its CR LF, as Latin-1. */
  readonly lines: string;
  readonly hasDate: boolean;
  readonly hasLength: boolean;
}

/** Writes heads, and caches those that repeat. */
export interface ResponseTexts {
  toText(head: CallerResponseHead): ResponseText;
  /** The `Date` line (RFC 9110 section 6.6.1), with its CR LF. */
  date(): string;
}

export function createResponseTexts(clock: Clock): ResponseTexts {
  const known = new WeakMap<CallerResponseHead, ResponseText>();
  const date = createDates(clock);
  let lastDate = '';
  let dateLine = '';
  return {
    toText(head) {
      if (!head.reused) return write(head);
      let text = known.get(head);
      if (text === undefined) {
        text = write(head);
        known.set(head, text);
      }
      return text;
    },
    date() {
      const now = date();
      if (now !== lastDate) {
        lastDate = now;
        dateLine = `Date: ${now}\r\n`;
      }
      return dateLine;
    },
  };
}

/** @throws TypeError when a name or value could end its line, or cannot be written in Latin-1. */
function write({ status, reason, headers }: CallerResponseHead): ResponseText {
  const text = toHeaderText(headers);
  if (text === undefined) throw new TypeError('a header that cannot be written');
  let hasDate = false;
  let hasLength = false;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'date') hasDate = true;
    else if (name.length === 14 && name.toLowerCase() === 'content-length') hasLength = true;
  }
  return { lines: `HTTP/1.1 ${status} ${reason}\r\n${text.lines}`, hasDate, hasLength };
}
