import { createServer } from 'node:http';
import { Duplex } from 'node:stream';

/**
 * Serves `listener` without a socket: what is sent goes through Node's own parser and its answers through its own writer, and the
 * kernel, whose part differs most from one moment to the next, has none in it.
 *
 * @param requestText one request without a body, as bytes on the wire have it.
 * @param answerEnd how every answer ends; anything else ends the run.
 * @returns what sends `count` requests over one connection, each after the answer to the one before.
 */
export function serveInProcess(listener, requestText, answerEnd) {
  const server = createServer(listener);
  const bytes = Buffer.from(requestText, 'latin1');
  const end = Buffer.from(answerEnd, 'latin1');
  let left = 0;
  let finish = () => {};
  let fail = () => {};
  const heard = (chunk) => {
    const text = chunk.toString('latin1');
    if (text.startsWith('HTTP/1.1') && !text.startsWith('HTTP/1.1 200 ')) fail(new Error(text));
    if (!chunk.subarray(-end.length).equals(end)) return;
    left -= 1;
    if (left > 0) connection.push(bytes);
    else finish();
  };
  const connection = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      heard(chunk);
      done();
    },
    writev(chunks, done) {
      for (const { chunk } of chunks) heard(chunk);
      done();
    },
  });
  server.emit('connection', connection);
  return (count) =>
    new Promise((resolve, reject) => {
      left = count;
      finish = resolve;
      fail = reject;
      connection.push(bytes);
    });
}
