import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../../../../testkit/src/until.ts';
import { openSocketPair } from './socket-pair.testkit.ts';
import { pendingBytes, writeText } from './write-text.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

async function open(): Promise<{ readonly writer: Socket; readonly reader: Socket }> {
  const { accepted, caller, close } = await openSocketPair();
  ends.push(close);
  return { writer: accepted, reader: caller };
}

/** More than the system accepts at once while the reader does not read. */
const much = 'x'.repeat(16 * 1024 * 1024);

describe('a written text', () => {
  it('reaches the system before the call returns when nothing is queued', async () => {
    const { writer, reader } = await open();
    let told = 0;
    writeText(writer, 'short', () => (told += 1));
    expect(told).toBe(1);
    expect(writer.writableLength).toBe(0);
    writer.end();
    expect(await text(reader)).toBe('short');
  });

  it('keeps its place among other writes when the system does not accept it at once', async () => {
    const { writer, reader } = await open();
    const told: string[] = [];
    writeText(writer, much, () => told.push('much'));
    writeText(writer, 'second', () => told.push('second'));
    writer.write('third');
    writer.write(Buffer.from('fourth'));
    writeText(writer, 'fifth', () => told.push('fifth'));
    expect(told).toEqual([]);
    writer.end('sixth');
    const received = await text(reader);
    expect(received.length).toBe(much.length + 'secondthirdfourthfifthsixth'.length);
    expect(received.slice(much.length)).toBe('secondthirdfourthfifthsixth');
    expect(told).toEqual(['much', 'second', 'fifth']);
  });

  it('goes out after the queued data of a corked stream', async () => {
    const { writer, reader } = await open();
    writer.cork();
    writer.write('first');
    writeText(writer, 'second', () => {});
    writer.uncork();
    writer.end();
    expect(await text(reader)).toBe('firstsecond');
  });

  it('reports that its connection is closed, and is not written then', async () => {
    const { writer, reader } = await open();
    writer.on('error', () => {});
    const told = new Promise((resolve) => writeText(writer, much, resolve));
    reader.resetAndDestroy();
    await told;
    expect(writer.destroyed).toBe(true);
    expect(await new Promise((resolve) => writeText(writer, 'more', resolve))).toBeInstanceOf(Error);
  });

  it('is Latin-1', async () => {
    const { writer, reader } = await open();
    writeText(writer, '\u00e9', () => writer.end());
    reader.setEncoding('latin1');
    let received = '';
    for await (const part of reader) received += part as string;
    expect(received).toBe('\u00e9');
  });

  it('counts as pending until the system has accepted it, although it bypassed the queue', async () => {
    const { writer, reader } = await open();
    let written = 0;
    writeText(writer, much, () => (written += 1));
    expect(written).toBe(0);
    expect(pendingBytes(writer)).toBeGreaterThan(0);
    reader.resume();
    await until(() => written === 1);
    expect(pendingBytes(writer)).toBe(0);
  });

  it('goes through the queue where Node.js offers no bypass', () => {
    const calls: unknown[] = [];
    const socket = { writableLength: 0, write: (...call: unknown[]) => calls.push(call) };
    const written = (): void => {};
    writeText(socket as unknown as Socket, 'text', written);
    expect(calls).toEqual([['text', 'latin1', written]]);
  });
});
