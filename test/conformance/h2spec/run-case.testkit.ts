import {
  frameFlags,
  frameTypes,
  toFrame,
  type Http2Frame,
} from '../../../packages/testkit/src/http2-frames.ts';
import type { RawHttp2 } from '../../../packages/testkit/src/raw-http2.ts';
import type { H2SpecCase, H2SpecOutcome } from './case.ts';
import { ping } from './frames.ts';
import { opaque } from './outcomes.ts';

/** Opens a connection, and sends these first bytes; undefined: preface and SETTINGS. */
export type OpenHttp2 = (first?: Buffer) => Promise<RawHttp2>;

export type CaseResult = 'as expected' | `instead: ${string}`;

/** Runs a case on its own connection. Like h2spec, it looks at each frame once. */
export async function runCase(one: H2SpecCase, open: OpenHttp2): Promise<CaseResult> {
  const [first, ...others] = one.steps;
  const connection = one.withoutPreface === true ? await open(first as Buffer) : await open();
  try {
    let seen = one.withoutPreface === true ? 0 : await acknowledgeSettings(connection);
    for (const step of one.withoutPreface === true ? others : one.steps)
      if (Buffer.isBuffer(step)) connection.send(step);
      else seen = await follow(connection, step, seen);
    // A frame that is not the outcome may still arrive first; only the acknowledgement of a PING proves a difference.
    if (one.differs !== undefined) connection.send(ping(lastPing));
    return await settle(connection, one, seen);
  } finally {
    connection.socket.destroy();
  }
}

const lastPing = 'the last';

/** @returns number of frames that belong to the prefaces. */
async function acknowledgeSettings(connection: RawHttp2): Promise<number> {
  await connection.until(({ type, flags }) => type === frameTypes.settings && flags === 0);
  await connection.until(({ type, flags }) => type === frameTypes.settings && flags === frameFlags.ack);
  connection.send(toFrame(frameTypes.settings, frameFlags.ack, 0));
  return connection.frames.length;
}

/** Waits for an outcome that is a condition of the steps after it. @returns number of frames up to it. */
async function follow(connection: RawHttp2, step: H2SpecOutcome, seen: number): Promise<number> {
  const frame = await connection.until((one) => isAfter(connection, one, seen) && step.accepts(one) === true);
  return connection.frames.indexOf(frame) + 1;
}

const isAfter = ({ frames }: RawHttp2, frame: Http2Frame, seen: number): boolean =>
  frames.indexOf(frame) >= seen;

async function settle(connection: RawHttp2, one: H2SpecCase, seen: number): Promise<CaseResult> {
  const { outcome, differs } = one;
  const isLast = ({ type, payload }: Http2Frame): boolean =>
    differs !== undefined && type === frameTypes.ping && payload.equals(opaque(lastPing));
  const decisive = (frame: Http2Frame): boolean =>
    isAfter(connection, frame, seen) && (outcome.accepts(frame) !== undefined || isLast(frame));
  const first = await connection.untilEnd(decisive);
  if (first !== undefined && outcome.accepts(first) === true) return 'as expected';
  // Bytes that form no frame do not count as the end of an HTTP/2 connection.
  if (first === undefined && outcome.closes && isWhole(connection)) return 'as expected';
  const shown = connection.frames.slice(seen).map(({ type, flags, stream }) => `${type}/${flags}/${stream}`);
  return `instead: frames ${shown.join(' ')}${first === undefined ? ', then the end' : ''}`;
}

const isWhole = (connection: RawHttp2): boolean =>
  connection.frames.reduce((sum, { payload }) => sum + 9 + payload.length, 0) === connection.receivedBytes();
