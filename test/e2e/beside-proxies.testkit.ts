import { execFileSync } from 'node:child_process';
import { startReal, traefikProgram } from '../conformance/traefik/real.testkit.ts';
import { startStandIn } from '../conformance/traefik/stand-in.testkit.ts';
import type { ProxyCommand } from './beside.testkit.ts';
import { findEnvoy } from './beside.testkit.ts';

/** A proxy with which an example is run. */
export interface Proxy {
  readonly example: string;
  readonly command: ProxyCommand;
  /** Whether a refusal with status 5xx reaches the caller unchanged. */
  readonly passesServerErrors: boolean;
  readonly gatewayLevel: boolean;
  /** Whether the example lets callers upgrade a connection. */
  readonly upgrades: boolean;
}

export type ProxyName = 'nginx' | 'Caddy' | 'HAProxy' | 'Envoy, over HTTP' | 'Envoy, over gRPC' | 'Traefik';

export const envoy = findEnvoy();
/** Debian's program, or the one that the variable names: `make test-proxies` builds other versions. */
const caddy = process.env['CADDY'] || 'caddy';

const envoyCommand = (program: string, file: string): ProxyCommand => [
  program,
  ...['-c', file, '--use-dynamic-base-id', '--concurrency', '1', '-l', 'warn'],
];

const having = (program: string | undefined, toProxy: (program: string) => Proxy): Proxy | undefined =>
  program ? toProxy(program) : undefined;

/** Undefined when its program is unavailable here. */
export const proxies: Readonly<Record<ProxyName, Proxy | undefined>> = {
  nginx: {
    example: 'beside-nginx',
    command: ['nginx', '-p', '.', '-c', 'nginx.conf', '-g', 'daemon off;'],
    passesServerErrors: true,
    gatewayLevel: true,
    upgrades: false,
  },
  Caddy: {
    example: 'beside-caddy',
    command: [caddy, 'run', '--config', 'Caddyfile', '--adapter', 'caddyfile'],
    passesServerErrors: true,
    gatewayLevel: true,
    upgrades: true,
  },
  HAProxy: {
    example: 'beside-haproxy',
    command: ['haproxy', '-f', 'haproxy.cfg'],
    passesServerErrors: true,
    gatewayLevel: true,
    upgrades: true,
  },
  'Envoy, over HTTP': having(envoy, (program) => ({
    example: 'beside-envoy',
    command: envoyCommand(program, 'envoy-http.yaml'),
    passesServerErrors: false,
    gatewayLevel: false,
    upgrades: false,
  })),
  'Envoy, over gRPC': having(envoy, (program) => ({
    example: 'beside-envoy',
    command: envoyCommand(program, 'envoy.yaml'),
    passesServerErrors: true,
    gatewayLevel: true,
    upgrades: false,
  })),
  // Debian has none. The contract suite of the stand-in documents with which version it was compared.
  Traefik: {
    example: 'beside-traefik',
    command: (folder) =>
      traefikProgram === undefined ? startStandIn(folder) : startReal(traefikProgram, folder),
    passesServerErrors: true,
    gatewayLevel: true,
    upgrades: true,
  },
};

/** Whether the tested Caddy copies an empty header, as versions before 2.9 do. */
export function caddyCopiesEmptyHeaders(): boolean {
  const [, minor] = /\b2\.(\d+)\./.exec(execFileSync(caddy, ['version'], { encoding: 'utf8' })) ?? [];
  return Number(minor) < 9;
}
