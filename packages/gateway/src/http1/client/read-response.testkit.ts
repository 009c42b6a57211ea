import type { ResponseHead } from './response-head.ts';
import { createResponseParser } from './response-parser.ts';

/** How a reader understood the bytes of a response. */
export interface ResponseReading {
  readonly interim: number[];
  /** 0: no final head. */
  status: number;
  /** Name in lower case and value, without white space around it, in turn. */
  headers: readonly string[];
  body: string;
  /** Whether the response is complete. */
  complete: boolean;
  trailers: readonly string[];
  /** The reason for refusing it. */
  refused: string | undefined;
  /** Whether the connection may serve another request. */
  reusable: boolean;
}

export const createReading = (): ResponseReading => ({
  interim: [],
  status: 0,
  headers: [],
  body: '',
  complete: false,
  trailers: [],
  refused: undefined,
  reusable: false,
});

/** Reads a response with the parser of this project. */
export function readResponse(
  parts: readonly Buffer[],
  { method = 'GET', ends = false, upgrade, maxHeadBytes = 65_536 }: ResponseReadOptions = {},
): ResponseReading {
  const reading = createReading();
  const take = ({ status, headers }: ResponseHead): void => void Object.assign(reading, { status, headers });
  const parser = createResponseParser(maxHeadBytes, {
    onInterim: ({ status }) => void reading.interim.push(status),
    onHead: take,
    onData: (data) => void (reading.body += data.toString('latin1')),
    onUnsolicited() {},
    onEnd: (trailers, reusable) => void Object.assign(reading, { complete: true, trailers, reusable }),
    onUpgrade(head, rest) {
      take(head);
      Object.assign(reading, { complete: true, body: rest.toString('latin1') });
    },
  });
  parser.expect({ method, upgrade });
  for (const part of parts) {
    if (reading.complete) break;
    reading.refused = parser.feed(part);
    if (reading.refused !== undefined) return reading;
  }
  if (ends) reading.refused = parser.finish();
  return reading;
}

export interface ResponseReadOptions {
  readonly method?: string;
  /** Closes the connection cleanly after the bytes. */
  readonly ends?: boolean;
  readonly upgrade?: string;
  readonly maxHeadBytes?: number;
}

/** Splits bytes at the given places, which may be in any order. */
export function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts = [...new Set([0, ...places.map((place) => place % (bytes.length + 1)), bytes.length])];
  cuts.sort((a, b) => a - b);
  return cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end));
}
