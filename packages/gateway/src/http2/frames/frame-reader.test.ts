import { array, assert, constantFrom, integer, nat, property, record, uint8Array } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { frameTypes, preface, settingsFrame, toFrame } from '../../../../testkit/src/http2-frames.ts';
import { FrameReader, type FrameReceiver } from './frame-reader.ts';

/** Notes what it receives; parts of data in one piece for each frame. */
function createNotes(): { readonly receiver: FrameReceiver; readonly notes: readonly string[] } {
  const notes: string[] = [];
  let data = '';
  const hex = (bytes: Buffer): string => bytes.toString('hex');
  const receiver: FrameReceiver = {
    onDataFrame(streamId, length) {
      data = `data ${streamId} ${length} `;
    },
    onData: (part) => void (data += hex(part)),
    onDataFrameEnd: (ends) => void notes.push(`${data} ${ends}`),
    onEmptyData: () => void notes.push('empty data'),
    onHeaders: (streamId, { bytes, start, end }, ends) =>
      void notes.push(`headers ${streamId} ${hex(bytes.subarray(start, end))} ${ends}`),
    onPriority: (streamId) => void notes.push(`priority ${streamId}`),
    onReset: (streamId, code) => void notes.push(`reset ${streamId} ${code}`),
    onSettings: (payload) => void notes.push(`settings ${hex(payload)}`),
    onSettingsAck: () => void notes.push('settings ack'),
    onPing: (opaque, isAck) => void notes.push(`ping ${hex(opaque)} ${isAck}`),
    onGoaway: (last, code) => void notes.push(`goaway ${last} ${code}`),
    onWindowUpdate: (streamId, increment) => void notes.push(`window ${streamId} ${increment}`),
    onStreamError: (streamId, code) => void notes.push(`stream error ${streamId} ${code}`),
    onConnectionError: (code) => void notes.push(`connection error ${code}`),
  };
  return { receiver, notes };
}

/** Events of a reader for bytes that come in pieces of these sizes, in turn. */
function readInPieces(bytes: Buffer, sizes: readonly number[]): readonly string[] {
  const { receiver, notes } = createNotes();
  const reader = new FrameReader(receiver, 65_536, true);
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes.length === 0 ? bytes.length : (sizes[turn % sizes.length] ?? 1);
    const lent = Buffer.from(bytes.subarray(at, at + size));
    reader.read(lent, true);
    // A reader must not keep bytes that it was lent.
    lent.fill(0xee);
    at += size;
  }
  return notes;
}

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const begin = Buffer.concat([preface, settingsFrame({ 3: 100 })]);
const sizes = array(integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
const frame = record({
  type: integer({ min: 0, max: 11 }),
  flags: constantFrom(0, 1, 4, 5, 8, 9, 0x0c, 0x0d, 0x20, 0x24, 0x2d),
  stream: constantFrom(0, 1, 2, 3, 5),
  payload: uint8Array({ maxLength: 60 }),
}).map(({ type, flags, stream, payload }) => toFrame(type, flags, stream, Buffer.from(payload)));

describe('frames', () => {
  test('are the same in whatever pieces their bytes come, valid or not', () => {
    assert(
      property(array(frame, { maxLength: 12 }), sizes, (frames, pieces) => {
        const bytes = Buffer.concat([begin, ...frames]);
        expect(readInPieces(bytes, pieces)).toEqual(readInPieces(bytes, []));
      }),
    );
  });

  test('of arbitrary bytes end the connection, or are read, and nothing comes after an error', () => {
    assert(
      property(uint8Array({ maxLength: 400 }), nat({ max: begin.length }), sizes, (bytes, kept, pieces) => {
        const notes = readInPieces(Buffer.concat([begin.subarray(0, kept), bytes]), pieces);
        const errors = notes.filter((note) => note.startsWith('connection error'));
        expect(errors.length).toBeLessThanOrEqual(1);
        expect(errors.length === 0 || notes.at(-1) === errors[0]).toBe(true);
      }),
    );
  });

  test.each([
    [
      'the data of a padded frame',
      toFrame(frameTypes.data, 9, 1, latin1('\x03abc\0\0\0')),
      'data 1 7 616263 true',
    ],
    ['data that is only padding', toFrame(frameTypes.data, 8, 1, latin1('\x02\0\0')), 'data 1 3  false'],
    ['a padded head', toFrame(frameTypes.headers, 0x0c, 1, latin1('\x01\x82\0')), 'headers 1 82 false'],
    [
      'a head with a priority',
      toFrame(frameTypes.headers, 0x25, 1, latin1('\0\0\0\x03\x10\x82')),
      'headers 1 82 true',
    ],
    ['a reserved bit', toFrame(frameTypes.windowUpdate, 0, 0, Buffer.from([0x80, 0, 0, 1])), 'window 0 1'],
    ['an unknown type', toFrame(0xbe, 0xff, 7, latin1('abc')), undefined],
  ])('are passed on without padding and the like: %s', (_, bytes, expected) => {
    const [, ...notes] = readInPieces(Buffer.concat([begin, bytes]), []);
    expect(notes).toEqual(expected === undefined ? [] : [expected]);
  });

  test.each([
    ['another preface', latin1('GET / HTTP/1.1\r\nHost: a\r\n\r\n'), 1],
    ['another first frame', Buffer.concat([preface, toFrame(frameTypes.ping, 0, 0, Buffer.alloc(8))]), 1],
    ['an acknowledgement first', Buffer.concat([preface, toFrame(frameTypes.settings, 1, 0)]), 1],
    [
      'more padding than payload',
      Buffer.concat([begin, toFrame(frameTypes.data, 8, 1, latin1('\x09abc'))]),
      1,
    ],
    [
      'a padded frame without the byte of its padding',
      Buffer.concat([begin, toFrame(frameTypes.data, 8, 1)]),
      6,
    ],
    [
      'a head that depends on itself',
      Buffer.concat([begin, toFrame(frameTypes.headers, 0x24, 1, latin1('\0\0\0\x01\0\x82'))]),
      1,
    ],
    [
      'a frame between HEADERS and CONTINUATION',
      Buffer.concat([
        begin,
        toFrame(frameTypes.headers, 0, 1),
        toFrame(frameTypes.ping, 0, 0, Buffer.alloc(8)),
      ]),
      1,
    ],
    ['CONTINUATION alone', Buffer.concat([begin, toFrame(frameTypes.continuation, 4, 1)]), 1],
    ['a frame that is too large', Buffer.concat([begin, Buffer.from([1, 0, 0, 1, 4, 0, 0, 0, 1])]), 6],
    ['a promise', Buffer.concat([begin, toFrame(frameTypes.push, 4, 1, Buffer.alloc(4))]), 1],
  ])('end the connection for %s', (_, bytes, code) => {
    expect(readInPieces(bytes, [5]).at(-1)).toBe(`connection error ${code}`);
  });

  test('of one head are limited in number and size', () => {
    const head = toFrame(frameTypes.headers, 0, 1);
    const more = (payload: Buffer): Buffer => toFrame(frameTypes.continuation, 0, 1, payload);
    const many = Array.from({ length: 100 }, () => more(Buffer.alloc(0)));
    expect(readInPieces(Buffer.concat([begin, head, ...many]), []).at(-1)).toBe('connection error 11');
    const large = Array.from({ length: 5 }, () => more(Buffer.alloc(16_384)));
    expect(readInPieces(Buffer.concat([begin, head, ...large]), []).at(-1)).toBe('connection error 11');
  });
});
