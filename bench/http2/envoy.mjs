import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { own } from '../http/grantgate.mjs';
import { root } from '../lib/gateway.mjs';
import { freePort } from '../lib/ports.mjs';

/** `make envoy` installs it there. */
export const envoyProgram = join(root, '.envoy/envoy/_bin/envoy');
export const hasEnvoy = existsSync(envoyProgram);

const type = (name) => ({ '@type': `type.googleapis.com/envoy.${name}` });
const address = (port) => ({ socket_address: { address: '127.0.0.1', port_value: port } });

const http2 = {
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
    ...type('extensions.upstreams.http.v3.HttpProtocolOptions'),
    explicit_http_config: { http2_protocol_options: {} },
  },
};

/** One server; limits for pending requests do not apply, as in the other contenders. */
const cluster = (name, port, more = {}) => ({
  name,
  type: 'STATIC',
  connect_timeout: '5s',
  circuit_breakers: {
    thresholds: [{ max_connections: 64, max_pending_requests: 100_000, max_requests: 100_000 }],
  },
  load_assignment: {
    cluster_name: name,
    endpoints: [{ lb_endpoints: [{ endpoint: { address: address(port) } }] }],
  },
  ...more,
});

/** Envoy's own OAuth client: a token for all requests, fetched in the background. */
const injector = (tokenUrl) => ({
  name: 'envoy.filters.http.credential_injector',
  typed_config: {
    ...type('extensions.filters.http.credential_injector.v3.CredentialInjector'),
    overwrite: true,
    credential: {
      name: 'envoy.http.injected_credentials.oauth2',
      typed_config: {
        ...type('extensions.http.injected_credentials.oauth2.v3.OAuth2'),
        token_endpoint: { cluster: 'tokens', timeout: '3s', uri: tokenUrl },
        client_credentials: { client_id: own.clientId, client_secret: { name: 'client-secret' } },
      },
    },
  },
});

const connectionManager = ({ log, filters }) => ({
  name: 'envoy.filters.network.http_connection_manager',
  typed_config: {
    ...type('extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'),
    stat_prefix: 'web',
    codec_type: 'AUTO',
    access_log: [
      {
        name: 'envoy.access_loggers.file',
        typed_config: { ...type('extensions.access_loggers.file.v3.FileAccessLog'), path: log },
      },
    ],
    route_config: {
      virtual_hosts: [
        {
          name: 'all',
          domains: ['*'],
          routes: [
            { match: { prefix: '/echo.Echo/' }, route: { cluster: 'grpc' } },
            { match: { prefix: '/' }, route: { cluster: 'service' } },
          ],
        },
      ],
    },
    http_filters: [
      ...filters,
      {
        name: 'envoy.filters.http.router',
        typed_config: type('extensions.filters.http.router.v3.Router'),
      },
    ],
  },
});

const downstreamTls = ({ cert, key }) => ({
  name: 'envoy.transport_sockets.tls',
  typed_config: {
    ...type('extensions.transport_sockets.tls.v3.DownstreamTlsContext'),
    common_tls_context: {
      alpn_protocols: ['h2', 'http/1.1'],
      tls_certificates: [{ certificate_chain: { filename: cert }, private_key: { filename: key } }],
    },
  },
});

/** Envoy with one worker thread. `tokenUrl`: with `credential_injector`, for the gateway's client. */
export async function startEnvoy(stage, { name, backend, grpc, certificate, tokenUrl }) {
  const [plain, tls] = [await freePort(), await freePort()];
  const log = stage.path(`${name}.access.log`);
  const manager = connectionManager({ log, filters: tokenUrl === undefined ? [] : [injector(tokenUrl)] });
  const chain = { filters: [manager] };
  const config = {
    static_resources: {
      listeners: [
        { name: 'plain', address: address(plain), filter_chains: [chain] },
        {
          name: 'tls',
          address: address(tls),
          filter_chains: [{ ...chain, transport_socket: downstreamTls(certificate) }],
        },
      ],
      clusters: [
        cluster('service', backend),
        cluster('grpc', grpc, { typed_extension_protocol_options: http2 }),
        ...(tokenUrl === undefined ? [] : [cluster('tokens', Number(new URL(tokenUrl).port))]),
      ],
      secrets: [{ name: 'client-secret', generic_secret: { secret: { inline_string: own.clientSecret } } }],
    },
  };
  const file = stage.path(`${name}.json`);
  writeFileSync(file, JSON.stringify(config));
  const args = ['-c', file, '--concurrency', '1', '--disable-hot-restart', '--log-level', 'error'];
  const { pid } = await stage.start(envoyProgram, [...args, '--file-flush-interval-msec', '100'], plain);
  return { ports: { plain, h2c: plain, tls }, pids: [pid], log };
}
