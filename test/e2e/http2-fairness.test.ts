import { createServer, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frameTypes, preface, settingsFrame } from '../../packages/testkit/src/http2-frames.ts';
import { headersFrame, openRawHttp2, requestFields } from '../../packages/testkit/src/raw-http2.ts';
import { openHttp2 } from '../../packages/testkit/src/http2-client.ts';
import { until } from '../../packages/testkit/src/until.ts';
import { startTestGateway, type TestGateway } from './gateway.testkit.ts';

let server: Http2Server;
let gateway: TestGateway;
/** Requests for a response without end. */
let pouring = 0;
beforeAll(async () => {
  server = createServer();
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    stream.respond({ ':status': 200 });
    if (headers[':path'] !== '/pour') {
      stream.end('hello');
      return;
    }
    pouring += 1;
    const part = Buffer.alloc(64 * 1024);
    const pump = (): void => {
      while (!stream.destroyed && stream.write(part));
    };
    stream.on('drain', pump);
    pump();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  gateway = await startTestGateway({
    routes: {
      'routes.yaml': `
http:
  routers: { all: { rule: "PathPrefix(\`/\`)", service: s } }
  services: { s: { loadBalancer: { servers: [{ url: "h2c://127.0.0.1:${port}" }] } } }
`,
    },
  });
});
afterAll(async () => {
  await gateway.close();
  server.close();
});

describe('callers that share the connections to a server', () => {
  it('get responses although another caller takes none of its own', async () => {
    const stalled = await openRawHttp2(
      Number(new URL(gateway.url).port),
      Buffer.concat([preface, settingsFrame({ 4: 0 })]),
    );
    await stalled.until(({ type, flags }) => type === frameTypes.settings && flags === 1);
    for (let stream = 1; stream < 2 * 60; stream += 2)
      stalled.send(headersFrame(stream, requestFields({ ':path': '/pour' })));
    await until(() => pouring === 60);
    for (let stream = 1; stream < 2 * 60; stream += 2)
      await stalled.until(({ type, stream: of }) => type === frameTypes.headers && of === stream);
    const client = await openHttp2(gateway.url);
    for (let count = 0; count < 20; count += 1)
      expect(await client.send({ ':path': '/' })).toMatchObject({ status: 200, body: 'hello' });
    await client.close();
    stalled.socket.destroy();
  });
});
