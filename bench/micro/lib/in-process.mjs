import { createServer } from 'node:http';
import { Duplex } from 'node:stream';

/**
 * Serves `listener` without a socket: requests pass Node's own parser and responses its own writer. The kernel, whose cost varies
 * most, takes no part.
 *
 * @param requestText one request without a body, as bytes on the wire have it.
 * @param answerEnd the end of every response; another end stops the run.
 * @returns a function that sends `count` requests over one connection, each after the response to the previous one.
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
