import { startRawServer } from '../../../packages/testkit/src/scripted-server.ts';
import { readStrictly, type StrictRequest } from './strict-reader.ts';

/** A server that accepts only unambiguous requests. */
export interface Recorder {
  readonly port: number;
  /** All complete requests, in the order of arrival. */
  readonly requests: readonly StrictRequest[];
  /** Bytes that were not a request. */
  readonly faults: readonly string[];
  close(): Promise<void>;
}

export async function startRecorder(): Promise<Recorder> {
  const requests: StrictRequest[] = [];
  const faults: string[] = [];
  const server = await startRawServer((socket) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      const { requests: complete, rest, fault } = readStrictly(text);
      if (fault !== undefined) {
        faults.push(`${fault}: ${JSON.stringify(rest)}`);
        socket.destroy();
      }
      text = rest;
      requests.push(...complete);
      if (/\r\nexpect: 100-continue\r\n[^]*\r\n\r\n$/i.test(rest))
        socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      for (const { method } of complete)
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${method === 'HEAD' ? '' : 'ok'}`);
    });
  });
  return { port: Number(new URL(server.url).port), requests, faults, close: () => server.close() };
}
