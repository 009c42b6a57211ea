import type { Document } from './document.ts';
import { isMapping } from './path.ts';

/** Options that `true` enables with all their defaults, as in Traefik. */
const switches: readonly (readonly string[])[] = [
  ['accesslog'],
  ['accesslog', 'otlp'],
  ['accesslog', 'otlp', 'http'],
  ['accesslog', 'otlp', 'grpc'],
  ['log'],
  ['log', 'otlp'],
  ['log', 'otlp', 'http'],
  ['log', 'otlp', 'grpc'],
  ['api'],
  ['metrics', 'prometheus'],
  ['metrics', 'otlp'],
  ['metrics', 'otlp', 'http'],
  ['metrics', 'otlp', 'grpc'],
  ['tracing'],
  ['tracing', 'otlp'],
  ['tracing', 'otlp', 'http'],
  ['tracing', 'otlp', 'grpc'],
  ['providers', 'kubernetescrd'],
  ['entrypoints', '*', 'proxyprotocol'],
  ['entrypoints', '*', 'http', 'tls'],
];

/** A document with these options as mappings. */
export function withSwitches(document: Document): Document {
  return { ...document, value: readSwitches(document.value, switches) };
}

function readSwitches(value: unknown, paths: readonly (readonly string[])[]): unknown {
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, child]) => {
      const below = paths.flatMap(([first, ...rest]) =>
        first === '*' || first === name.toLowerCase() ? [rest] : [],
      );
      const isSwitch = below.some(({ length }) => length === 0);
      if (isSwitch && (child === true || child === 'true')) return [[name, {}]];
      if (isSwitch && (child === false || child === 'false')) return [];
      return [[name, below.length === 0 ? child : readSwitches(child, below)]];
    }),
  );
}
