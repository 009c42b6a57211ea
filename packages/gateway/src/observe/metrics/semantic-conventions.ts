import type { MetricDefinition } from './metric-definition.ts';

const outcome = ['http.request.method', 'http.response.status_code', 'error.type'] as const;
const protocol = ['network.protocol.name', 'network.protocol.version', 'url.scheme'] as const;

/** The stable semantic conventions of HTTP, only for OpenTelemetry. */
export const semanticConventions = {
  'http.server.request.duration': {
    type: 'histogram',
    labels: [...outcome, ...protocol],
    help: 'Duration of HTTP server requests.',
  },
  'http.client.request.duration': {
    type: 'histogram',
    labels: [...outcome, ...protocol, 'server.address', 'server.port', 'grantgate.service.name'],
    help: 'Duration of HTTP client requests.',
    subject: 'service',
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
