import { afterEach, describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { Secret } from '../base/secret.ts';
import { until } from '../../../testkit/src/until.ts';
import { createTokenEndpoint } from './create-endpoint.ts';
import type { TokenEndpointOptions } from './endpoint.ts';
import { createEndpointStates } from './endpoint-state.ts';
import { json, startRawServer, startScriptedServer } from '../../../testkit/src/scripted-server.ts';
import { plainOptions } from './token-endpoint.testkit.ts';

const closes: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0).reverse()) await close();
});

/** Opens endpoints at one URL that share as much as possible. */
function share(url: string) {
  const clock = createFakeClock();
  const states = createEndpointStates(clock);
  return (change: Partial<TokenEndpointOptions>) => {
    const options = { ...plainOptions, url, ...change };
    const { state, release } = states.acquire(options);
    const endpoint = createTokenEndpoint(options, { clock, state });
    return {
      state,
      obtain: () => endpoint.obtain({ clientId: 'app', clientSecret: new Secret('s') }),
      close: () => endpoint.close().then(release),
    };
  };
}

describe('token endpoints in use', () => {
  it('share limits and cool-downs among all who use them in the same way', async () => {
    const server = await startScriptedServer((response) => json(response, 429, {}, { 'retry-after': '60' }));
    closes.push(() => server.close());
    const open = share(server.url);
    const [one, two] = [open({ audience: 'one' }), open({ audience: 'two' })];
    closes.push(one.close, two.close);
    expect(two.state).toBe(one.state);
    await one.obtain();
    expect(await two.obtain()).toMatchObject({ reason: 'unavailable', retryAfterSeconds: 60 });
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['time-out', { timeoutMs: 5 }],
    ['bound', { maxConcurrent: 1 }],
    ['header', { headers: { a: new Secret('b') } }],
    ['proxy', { proxy: new Secret('http://p.example') }],
    ['authority', { tls: { ...plainOptions.tls, ca: 'another' } }],
  ])('are separate for another %s, which fails for its own reasons', (_what, change) => {
    const open = share('https://as.example');
    expect(open(change).state).not.toBe(open({}).state);
  });

  it('share their connections until the last of them closes', async () => {
    const body = '{"access_token":"t","token_type":"Bearer","expires_in":60}';
    const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    let connections = 0;
    let closed = 0;
    const server = await startRawServer((socket) => {
      connections += 1;
      socket.on('close', () => (closed += 1));
      socket.on('data', (part) => part.includes('grant_type') && socket.write(head + body));
    });
    closes.push(() => server.close());
    const open = share(server.url);
    const [one, two] = [open({ audience: 'one' }), open({ audience: 'two' })];
    expect(await one.obtain()).toMatchObject({ kind: 'token' });
    await one.close();
    // The connection becomes free a moment after its response has been read.
    await new Promise(setImmediate);
    expect(await two.obtain()).toMatchObject({ kind: 'token' });
    expect([connections, closed]).toEqual([1, 0]);
    await two.close();
    await until(() => closed === 1);
  });

  it('prepare no TLS before their first request', async () => {
    // A TLS context with these options cannot be created.
    const tls = { ...plainOptions.tls, cert: 'no certificate', key: new Secret('no key') };
    const endpoint = share('https://127.0.0.1:1/token')({ tls });
    expect(await endpoint.obtain()).toMatchObject({ kind: 'failure' });
    await endpoint.close();
  });

  it('are dropped when they are no longer used', async () => {
    const open = share('https://as.example');
    const [one, two] = [open({}), open({})];
    await one.close();
    await two.close();
    expect(open({}).state).not.toBe(one.state);
  });
});
