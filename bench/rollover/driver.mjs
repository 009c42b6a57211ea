// Sends requests at a constant rate, in its own process: `driver.mjs PORT RATE SECONDS CONNECTIONS AUTHORIZATION`. A request's
// latency counts from its scheduled time, even if earlier responses are late. Sends its parent all samples except those of the
// first second, in which the token may have to be requested after a pause.
import { once } from 'node:events';
import { connect } from 'node:net';
import { now } from './clock.mjs';

const [port, rate, seconds, connections] = process.argv.slice(2, 6).map(Number);
const authorization = process.argv[6];
const text = `GET / HTTP/1.1\r\nHost: api.example.com\r\nAuthorization: ${authorization}\r\n\r\n`;
const unseenSeconds = 1;
const count = rate * (seconds + unseenSeconds);
const samples = [];
let failures = 0;
const idle = [];
const waiting = [];

/** A connection that sends one request at a time. */
async function open() {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true }).setEncoding('latin1');
  await once(socket, 'connect');
  let received = '';
  let at = 0;
  const connection = {
    send(intended) {
      at = intended;
      received = '';
      socket.write(text, 'latin1');
    },
    close: () => socket.destroy(),
  };
  socket.on('data', (part) => {
    received += part;
    const head = received.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(received.slice(0, head + 2))?.[1] ?? 0);
    if (received.length < head + 4 + length) return;
    if (!received.startsWith('HTTP/1.1 200 ')) failures += 1;
    samples.push({ at, latency: now() - at });
    const next = waiting.shift();
    if (next === undefined) idle.push(connection);
    else connection.send(next);
  });
  socket.on('error', () => (failures += 1));
  return connection;
}

const all = await Promise.all(Array.from({ length: connections }, open));
idle.push(...all);
const start = now() + 50;
const isSeen = ({ at }) => at >= start + unseenSeconds * 1000;
let sent = 0;
const tick = () => {
  for (; sent < count && start + (sent * 1000) / rate <= now(); sent += 1) {
    const intended = start + (sent * 1000) / rate;
    const connection = idle.pop();
    if (connection === undefined) waiting.push(intended);
    else connection.send(intended);
  }
  if (samples.length < count && now() < start + (seconds + unseenSeconds) * 1000 + 10_000)
    setTimeout(tick, 1);
  else
    process.send({ samples: samples.filter(isSeen), failures: failures + count - samples.length }, () => {
      for (const connection of all) connection.close();
      process.disconnect();
    });
};
tick();
