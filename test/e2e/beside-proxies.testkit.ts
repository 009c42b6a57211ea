import { findEnvoy } from './beside.testkit.ts';

/** A proxy with which an example is run. */
export interface Proxy {
  readonly example: string;
  readonly command: readonly [string, ...string[]];
  /** Whether a refusal that is 5xx reaches the caller as it is. */
  readonly passesServerErrors: boolean;
  readonly gatewayLevel: boolean;
}

export type ProxyName = 'nginx' | 'Caddy' | 'HAProxy' | 'Envoy, over HTTP' | 'Envoy, over gRPC';

export const envoy = findEnvoy();
/** Undefined: its program cannot be had here. */
export const proxies: Readonly<Record<ProxyName, Proxy | undefined>> = {
  nginx: {
    example: 'beside-nginx',
    command: ['nginx', '-p', '.', '-c', 'nginx.conf', '-g', 'daemon off;'],
    passesServerErrors: true,
    gatewayLevel: true,
  },
  Caddy: {
    example: 'beside-caddy',
    command: ['caddy', 'run', '--config', 'Caddyfile', '--adapter', 'caddyfile'],
    passesServerErrors: true,
    gatewayLevel: true,
  },
  HAProxy: {
    example: 'beside-haproxy',
    command: ['haproxy', '-f', 'haproxy.cfg'],
    passesServerErrors: true,
    gatewayLevel: true,
  },
  'Envoy, over HTTP':
    envoy === undefined
      ? undefined
      : {
          example: 'beside-envoy',
          command: [
            envoy,
            '-c',
            'envoy-http.yaml',
            '--use-dynamic-base-id',
            '--concurrency',
            '1',
            '-l',
            'warn',
          ],
          passesServerErrors: false,
          gatewayLevel: false,
        },
  'Envoy, over gRPC':
    envoy === undefined
      ? undefined
      : {
          example: 'beside-envoy',
          command: [envoy, '-c', 'envoy.yaml', '--use-dynamic-base-id', '--concurrency', '1', '-l', 'warn'],
          passesServerErrors: true,
          gatewayLevel: true,
        },
};
