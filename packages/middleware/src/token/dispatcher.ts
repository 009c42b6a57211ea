import { Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { buildConnector, Dispatcher, Pool } from 'undici';
import type { Clock } from '../base/clock.ts';
import { skipInterimResponses } from '../base/interim-responses.ts';
import type { TokenEndpointOptions } from './endpoint.ts';
import type { EnvironmentProxies } from './environment-proxies.ts';
import { loadUndici } from './load-undici.ts';

const undici = await loadUndici();

const createPool = (origin: string | URL, options: Pool.Options): Pool =>
  new undici.Pool(origin, {
    ...options,
    ...(typeof options.connect === 'function' ? { connect: skipInterimResponses(options.connect) } : {}),
  });

/** undici's own limits are off: one time-out, by the injected clock, covers connection, head and body. */
const own = { headersTimeout: 0, bodyTimeout: 0, factory: createPool } as const;

/**
 * Opens and pools the connections of one token endpoint, directly or through a proxy: the configured one, otherwise those of
 * the environment. The options are read once, here.
 * @throws Error of `node:tls` when a PEM text is invalid.
 */
export function createDispatcher(
  { tls, timeoutMs, proxy }: Pick<TokenEndpointOptions, 'tls' | 'timeoutMs' | 'proxy'>,
  clock: Clock,
  proxies: EnvironmentProxies,
): Dispatcher {
  const server = {
    secureContext: createSecureContext({ ca: tls.ca, cert: tls.cert, key: tls.key?.reveal() }),
    rejectUnauthorized: !tls.insecureSkipVerify,
  };
  const tunnel = {
    ...own,
    requestTls: { ...server, timeout: timeoutMs },
    proxyTls: { timeout: timeoutMs },
    // If a proxy never responds to a CONNECT, the next request must not wait for it.
    clientFactory: (origin: URL, options: object) =>
      createPool(origin, { ...options, headersTimeout: timeoutMs }),
  };
  if (proxy !== undefined) return new undici.ProxyAgent({ ...tunnel, uri: proxy.reveal() });
  const connect = boundConnector(undici.buildConnector({ ...server, timeout: 0 }), timeoutMs, clock);
  const { httpProxy, httpsProxy, noProxy } = proxies;
  return httpProxy === '' && httpsProxy === ''
    ? new undici.Agent({ ...own, connect })
    : new undici.EnvHttpProxyAgent({ ...tunnel, connect, httpProxy, httpsProxy, noProxy });
}

/** An aborted request leaves its connection attempt behind; without a limit, the next request would wait for it. */
function boundConnector(
  connector: buildConnector.connector,
  timeoutMs: number,
  clock: Clock,
): buildConnector.connector {
  // Typed as void, but returns the socket, which undici expects back.
  const connect: (...args: Parameters<typeof connector>) => unknown = connector;
  return (options, callback) => {
    const timer = clock.after(timeoutMs, () => {
      if (socket instanceof Socket) socket.destroy(new Error('connection attempt timed out'));
    });
    const socket = connect(options, (...result) => {
      timer.cancel();
      callback(...result);
    });
    // With TLS 1.3, a server that requires another certificate says so after the handshake and closes the connection; undici
    // would report only the close.
    if (socket instanceof Socket) socket.on('error', () => socket.destroy());
    return socket;
  };
}
