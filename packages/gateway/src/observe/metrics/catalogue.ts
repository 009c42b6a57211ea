import type { MetricDefinition } from './metric-definition.ts';
import { processCatalogue } from './process-catalogue.ts';
import { semanticConventions } from './semantic-conventions.ts';

const request = ['code', 'method', 'protocol'] as const;

/** Every metric of `/metrics`, in its order. */
export const catalogue = {
  grantgate_entrypoint_requests_total: {
    type: 'counter',
    labels: ['entrypoint', ...request],
    help: 'Requests handled by an entry point.',
  },
  grantgate_entrypoint_request_duration_seconds: {
    type: 'histogram',
    labels: ['entrypoint', ...request],
    help: 'Time from the head of a request to the end of its response, in seconds.',
  },
  grantgate_entrypoint_open_connections: {
    type: 'gauge',
    labels: ['entrypoint'],
    help: 'Open connections of callers, including idle ones.',
  },
  grantgate_router_requests_total: {
    type: 'counter',
    labels: ['router', 'service', ...request],
    help: 'Requests matched by a router.',
    subject: 'router',
  },
  grantgate_router_request_duration_seconds: {
    type: 'histogram',
    labels: ['router', 'service', ...request],
    help: 'Time from the head of a request to the end of its response, in seconds.',
    subject: 'router',
  },
  grantgate_service_requests_total: {
    type: 'counter',
    labels: ['service', ...request],
    help: 'Requests sent to a server of a service.',
    subject: 'service',
  },
  grantgate_service_request_duration_seconds: {
    type: 'histogram',
    labels: ['service', ...request],
    help: 'Time from the choice of the server to the end of the response, in seconds.',
    subject: 'service',
  },
  grantgate_service_failures_total: {
    type: 'counter',
    labels: ['service', 'reason'],
    help: 'Requests without a complete response from a service.',
    subject: 'service',
  },
  grantgate_server_up: {
    type: 'gauge',
    labels: ['service', 'url'],
    help: 'Result of the health check of a server: 1 for success.',
    merge: 'min',
    subject: 'service',
  },
  grantgate_upstream_connections: {
    type: 'gauge',
    labels: ['origin', 'state'],
    help: 'Connections to servers.',
  },
  grantgate_refusals_total: {
    type: 'counter',
    labels: ['code', 'middleware'],
    help: 'Refused requests and authorization checks, by code of the refusal and middleware.',
    subject: 'middleware',
  },
  grantgate_external_authorizations_total: {
    type: 'counter',
    labels: ['protocol', 'middleware', 'verdict'],
    help: 'Authorization checks answered for external proxies.',
    subject: 'middleware',
  },
  grantgate_token_lookups_total: {
    type: 'counter',
    labels: ['middleware', 'tier'],
    help: 'Token look-ups by source: memory, store, or server for the authorization server.',
    subject: 'middleware',
  },
  grantgate_token_requests_total: {
    type: 'counter',
    labels: ['middleware', 'outcome', 'error'],
    help: 'Completed requests to the authorization server for tokens, token exchanges and introspection, not counting retries.',
    subject: 'middleware',
  },
  grantgate_token_renewals_total: {
    type: 'counter',
    labels: ['middleware', 'outcome', 'error'],
    help: 'Background refreshes of tokens ahead of expiry; unchanged means that the server returned the same token.',
    subject: 'middleware',
  },
  grantgate_token_renewals_failing: {
    type: 'gauge',
    labels: ['middleware'],
    help: 'Credentials whose last refresh failed and whose token has not expired yet.',
    merge: 'max',
    subject: 'middleware',
  },
  grantgate_token_request_duration_seconds: {
    type: 'histogram',
    labels: ['middleware'],
    help: 'Duration of requests for tokens, token exchanges and introspection, including retries, in seconds.',
    subject: 'middleware',
  },
  grantgate_token_endpoint_circuit_open: {
    type: 'gauge',
    labels: ['endpoint', 'use'],
    help: 'Circuit breaker of a token or introspection endpoint: 1 while requests are suspended because the server failed five times in a row.',
    merge: 'max',
  },
  grantgate_token_endpoint_requests_in_flight: {
    type: 'gauge',
    labels: ['endpoint', 'use'],
    help: 'Requests that wait for a response of the token or introspection endpoint.',
  },
  grantgate_token_endpoint_requests_waiting: {
    type: 'gauge',
    labels: ['endpoint', 'use'],
    help: 'Requests that wait because `maxConcurrent` others are in flight at the token or introspection endpoint.',
  },
  grantgate_key_set_up: {
    type: 'gauge',
    labels: ['keyset'],
    help: 'Result of the last request for a key set: 1 for success.',
    merge: 'min',
  },
  grantgate_key_set_keys: {
    type: 'gauge',
    labels: ['keyset'],
    help: 'Keys of a key set in use; 0: tokens of callers cannot be verified.',
    merge: 'min',
  },
  grantgate_key_set_refreshed_timestamp_seconds: {
    type: 'gauge',
    labels: ['keyset'],
    help: 'Time of the last successful request for a key set, in seconds since the epoch; the age of the keys in use.',
    merge: 'min',
  },
  grantgate_circuit_breaker_open: {
    type: 'gauge',
    labels: ['middleware'],
    help: 'Middleware circuitBreaker: 1 while it refuses requests, all or some of them.',
    merge: 'max',
  },
  grantgate_issuer_up: {
    type: 'gauge',
    labels: ['issuer'],
    help: "Result of the last request for an issuer's metadata: 1 for success.",
    merge: 'min',
    subject: 'issuer',
  },
  grantgate_issuer_discoveries_total: {
    type: 'counter',
    labels: ['issuer', 'outcome'],
    help: "Requests for an issuer's metadata, not counting retries.",
    subject: 'issuer',
  },
  grantgate_store_up: {
    type: 'gauge',
    labels: ['store'],
    help: 'Availability of a token store: 1 if it is available.',
    merge: 'min',
    subject: 'store',
  },
  grantgate_store_operations_total: {
    type: 'counter',
    labels: ['store', 'operation', 'outcome'],
    help: 'Operations on a token store.',
    subject: 'store',
  },
  grantgate_store_operation_duration_seconds: {
    type: 'histogram',
    labels: ['store', 'operation'],
    help: 'Duration of successful store operations, in seconds.',
    subject: 'store',
  },
  grantgate_store_lock_wait_seconds: {
    type: 'histogram',
    labels: ['store'],
    help: 'Time spent waiting for a token requested by another process, in seconds.',
    subject: 'store',
  },
  grantgate_store_unsealed_total: {
    type: 'counter',
    labels: ['store'],
    help: 'Store entries that could not be decrypted: damaged, moved, or encrypted with another secret.',
    subject: 'store',
  },
  grantgate_config_reloads_total: {
    type: 'counter',
    labels: [],
    help: 'Loads of a configuration of routes, including the first.',
  },
  grantgate_config_reload_failures_total: {
    type: 'counter',
    labels: [],
    help: 'Loads of a configuration with errors; its invalid parts refuse requests, the others serve.',
  },
  grantgate_config_last_reload_successful: {
    type: 'gauge',
    labels: [],
    help: 'Result of the last load: 1 for a configuration without errors.',
    merge: 'min',
  },
  grantgate_config_last_reload_success_timestamp_seconds: {
    type: 'gauge',
    labels: [],
    help: 'Time of the last load without errors, in seconds since the epoch.',
    merge: 'max',
  },
  grantgate_config_routers: {
    type: 'gauge',
    labels: ['state'],
    help: 'Routers of the current configuration.',
    merge: 'max',
  },
  grantgate_config_middlewares: {
    type: 'gauge',
    labels: ['state'],
    help: 'Middlewares and chains of the current configuration; a broken one refuses every request.',
    merge: 'max',
  },
  grantgate_certificate_not_after_timestamp_seconds: {
    type: 'gauge',
    labels: ['entrypoint', 'cn', 'serial'],
    help: 'Expiry of a certificate, in seconds since the epoch; entrypoint is empty for certificates of routes.',
    merge: 'max',
  },
  grantgate_kubernetes_requests_total: {
    type: 'counter',
    labels: ['verb', 'resource', 'code'],
    help: 'Requests to the Kubernetes API by status of the response; error when there was none.',
  },
  grantgate_kubernetes_events_refused_total: {
    type: 'counter',
    labels: ['reason'],
    help: 'Events rejected by the Kubernetes API.',
  },
  grantgate_kubernetes_watches_open: {
    type: 'gauge',
    labels: ['resource'],
    help: 'Open watches of the Kubernetes API.',
  },
  grantgate_kubernetes_synced: {
    type: 'gauge',
    labels: ['resource'],
    help: 'Completeness of a resource: 1 if all its objects have been read.',
    merge: 'min',
  },
  grantgate_kubernetes_silence_seconds: {
    type: 'gauge',
    labels: ['resource'],
    help: 'Time since the last list, event or bookmark of the longest silent watch of the Kubernetes API, in seconds.',
    merge: 'max',
  },
  grantgate_workers: {
    type: 'gauge',
    labels: [],
    help: 'Processes that serve requests.',
  },
  grantgate_worker_events_total: {
    type: 'counter',
    labels: ['event'],
    help: 'Events of workers; crashed counts unexpected exits.',
  },
  grantgate_workers_not_answering: {
    type: 'gauge',
    labels: [],
    help: 'Workers that did not reply to the last scrape in time; their earlier metrics are used.',
  },
  grantgate_build_info: {
    type: 'gauge',
    labels: ['version', 'node'],
    help: 'Versions of grantgate and Node.js.',
    merge: 'max',
  },
  ...processCatalogue,
} as const satisfies Readonly<Record<string, MetricDefinition>>;

export type MetricName = keyof typeof catalogue | keyof typeof semanticConventions;

/** Metrics in the text format, by name, with all fields that a definition may have. */
export const definitions: Readonly<Record<keyof typeof catalogue, MetricDefinition>> = catalogue;

/** Metrics over OTLP, by name. */
export const exportedDefinitions: Readonly<Record<MetricName, MetricDefinition>> = {
  ...catalogue,
  ...semanticConventions,
};
