// Memory of idle connections: `npm run bench:idle-connections -- [COUNT]`, default 10,000. The connections of each kind are opened
// to their own gateway, receive one response each, and stay open; only the bytes of the gateway's process are counted.
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { basic, callers } from '../http/grantgate.mjs';
import { markdownTable } from '../lib/markdown.mjs';
import { memoryBytes } from '../lib/process-tree.mjs';
import { openStage } from '../lib/stage.mjs';
import { startBackends } from './backends.mjs';
import { startContenders } from './contenders.mjs';

const count = Number(process.argv[2] ?? 10_000);
const atOnce = 50;
/** Milliseconds in which the gateway collects garbage and the kernel reclaims free memory. */
const settleMs = 3_000;
const authorization = basic(callers);
const request = `GET /28B HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\n\r\n`;

async function openHttp1(socket, opened) {
  await once(socket, opened);
  socket.write(request);
  const [part] = await once(socket, 'data');
  if (!part.toString('latin1').startsWith('HTTP/1.1 200 ')) throw new Error(`no response 200:\n${part}`);
  return socket;
}

async function openHttp2(origin) {
  const session = connectHttp2(origin, { rejectUnauthorized: false });
  const stream = session.request({ ':path': '/28B', authorization });
  const [head] = await once(stream, 'response');
  if (head[':status'] !== 200) throw new Error(`status ${head[':status']}`);
  stream.resume();
  await once(stream, 'close');
  return session;
}

const host = '127.0.0.1';
const kinds = {
  'HTTP/1.1': ({ plain }) => openHttp1(connectTcp({ host, port: plain }), 'connect'),
  'HTTP/1.1 with TLS': ({ tls }) =>
    openHttp1(
      connectTls({ host, port: tls, servername: 'localhost', rejectUnauthorized: false }),
      'secureConnect',
    ),
  'HTTP/2': ({ h2c }) => openHttp2(`http://${host}:${h2c}`),
  'HTTP/2 with TLS': ({ tls }) => openHttp2(`https://${host}:${tls}`),
};

/** Opens and closes some first: code and buffers that all connections share do not count. */
async function measure(open, { ports, pids }) {
  const openSome = async (wanted) => {
    const all = [];
    while (all.length < wanted) {
      const some = Array.from({ length: Math.min(atOnce, wanted - all.length) }, () => open(ports));
      all.push(...(await Promise.all(some)));
    }
    return all;
  };
  const first = await openSome(count / 10);
  await delay(settleMs);
  const before = memoryBytes(pids);
  const more = await openSome(count);
  await delay(settleMs);
  const bytes = (memoryBytes(pids) - before) / count;
  for (const connection of [...first, ...more]) connection.destroy();
  return bytes;
}

const rows = [];
for (const [kind, open] of Object.entries(kinds)) {
  const stage = openStage();
  const { authorizationServer, behind } = await startBackends(stage);
  const [gateway] = await startContenders(stage, ['grantgate-application'], behind);
  rows.push([kind, Math.round(await measure(open, gateway)).toLocaleString('en')]);
  process.stderr.write(`${rows.at(-1).join(': ')} bytes\n`);
  await stage.close();
  await authorizationServer.close();
}
process.stdout.write(`${count} idle connections\n\n${markdownTable(['connection', 'bytes each'], rows)}\n`);
process.exit();
