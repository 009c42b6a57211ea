import type { Subject } from '../../workers/readings.ts';

/** One metric, as the guide describes it. */
export interface Definition {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  /** One sentence, exposed as it stands. */
  readonly help: string;
  /** What processes that serve together come to; default: the sum. */
  readonly merge?: 'max' | 'min';
  /** What its series come and go with. */
  readonly subject?: Subject;
}

const request = ['code', 'method', 'protocol'] as const;

/** Every metric that there is, in the order in which they are exposed. */
export const catalogue = {
  grantgate_entrypoint_requests_total: {
    type: 'counter',
    labels: ['entrypoint', ...request],
    help: 'Requests that an entry point answered.',
  },
  grantgate_entrypoint_request_duration_seconds: {
    type: 'histogram',
    labels: ['entrypoint', ...request],
    help: 'From the head of a request to the end of its answer.',
  },
  grantgate_entrypoint_open_connections: {
    type: 'gauge',
    labels: ['entrypoint'],
    help: 'Connections of callers that are open, idle ones included.',
  },
  grantgate_router_requests_total: {
    type: 'counter',
    labels: ['router', 'service', ...request],
    help: 'Requests that a router took.',
    subject: 'router',
  },
  grantgate_router_request_duration_seconds: {
    type: 'histogram',
    labels: ['router', 'service', ...request],
    help: 'From the head of a request to the end of its answer.',
    subject: 'router',
  },
  grantgate_service_requests_total: {
    type: 'counter',
    labels: ['service', ...request],
    help: 'Requests that were sent to a server of a service; each is sent once.',
    subject: 'service',
  },
  grantgate_service_request_duration_seconds: {
    type: 'histogram',
    labels: ['service', ...request],
    help: 'From the choice of the server to the end of the answer.',
    subject: 'service',
  },
  grantgate_service_failures_total: {
    type: 'counter',
    labels: ['service', 'reason'],
    help: 'Requests that a service gave no whole answer to.',
    subject: 'service',
  },
  grantgate_server_up: {
    type: 'gauge',
    labels: ['service', 'url'],
    help: 'Whether the health check of a server succeeds: 1 when it does.',
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
    help: 'Requests that did not pass, those of a proxy beside included, by the code of the refusal and the middleware that refused.',
    subject: 'middleware',
  },
  grantgate_external_authorizations_total: {
    type: 'counter',
    labels: ['protocol', 'middleware', 'verdict'],
    help: 'Decisions that a proxy beside asked for (forward authentication and ext_authz).',
    subject: 'middleware',
  },
  grantgate_token_lookups_total: {
    type: 'counter',
    labels: ['middleware', 'tier'],
    help: 'Tokens by the tier that had them; server is a request to the authorization server.',
    subject: 'middleware',
  },
  grantgate_token_requests_total: {
    type: 'counter',
    labels: ['middleware', 'outcome', 'error'],
    help: 'Requests to the authorization server that have come to an end, retries not counted.',
    subject: 'middleware',
  },
  grantgate_token_renewals_total: {
    type: 'counter',
    labels: ['middleware', 'outcome', 'error'],
    help: 'Renewals of tokens in the background, ahead of their expiry; unchanged is the same token again.',
    subject: 'middleware',
  },
  grantgate_token_renewals_failing: {
    type: 'gauge',
    labels: ['middleware'],
    help: 'Credentials whose last renewal failed and whose token has not expired yet.',
    merge: 'max',
    subject: 'middleware',
  },
  grantgate_token_request_duration_seconds: {
    type: 'histogram',
    labels: ['middleware'],
    help: 'What requests to the authorization server took, retries included.',
    subject: 'middleware',
  },
  grantgate_issuer_up: {
    type: 'gauge',
    labels: ['issuer'],
    help: "Whether the last request for an issuer's metadata succeeded; the last good metadata serve meanwhile.",
    merge: 'min',
    subject: 'issuer',
  },
  grantgate_issuer_discoveries_total: {
    type: 'counter',
    labels: ['issuer', 'outcome'],
    help: "Requests for an issuer's metadata, retries not counted.",
    subject: 'issuer',
  },
  grantgate_store_up: {
    type: 'gauge',
    labels: ['store'],
    help: 'Whether a store of tokens can be used: 1 when it can.',
    merge: 'min',
    subject: 'store',
  },
  grantgate_store_operations_total: {
    type: 'counter',
    labels: ['store', 'operation', 'outcome'],
    help: 'Operations on a store of tokens.',
    subject: 'store',
  },
  grantgate_store_operation_duration_seconds: {
    type: 'histogram',
    labels: ['store', 'operation'],
    help: 'What operations on a store took that were done.',
    subject: 'store',
  },
  grantgate_store_lock_wait_seconds: {
    type: 'histogram',
    labels: ['store'],
    help: 'Waits for a token that another process asked for.',
    subject: 'store',
  },
  grantgate_store_unsealed_total: {
    type: 'counter',
    labels: ['store'],
    help: 'Entries of a store that did not open: damaged, moved, or sealed with another secret.',
    subject: 'store',
  },
  grantgate_config_reloads_total: {
    type: 'counter',
    labels: [],
    help: 'Configurations of routes that were taken up, the first included.',
  },
  grantgate_config_reload_failures_total: {
    type: 'counter',
    labels: [],
    help: 'Those of them with errors: what is broken refuses, the rest serves.',
  },
  grantgate_config_last_reload_success_timestamp_seconds: {
    type: 'gauge',
    labels: [],
    help: 'When a configuration without errors was last taken up.',
    merge: 'max',
  },
  grantgate_config_routers: {
    type: 'gauge',
    labels: ['state'],
    help: 'Routers of the configuration in use.',
    merge: 'max',
  },
  grantgate_config_middlewares: {
    type: 'gauge',
    labels: ['state'],
    help: 'Middlewares and chains of the configuration in use; a broken one refuses every request.',
    merge: 'max',
  },
  grantgate_certificate_not_after_timestamp_seconds: {
    type: 'gauge',
    labels: ['entrypoint', 'cn', 'serial'],
    help: 'When a certificate of an entry point expires.',
    merge: 'max',
  },
  grantgate_kubernetes_requests_total: {
    type: 'counter',
    labels: ['verb', 'resource', 'code'],
    help: 'Requests to the Kubernetes API by the status of the response; the code is error when there was none.',
  },
  grantgate_kubernetes_events_refused_total: {
    type: 'counter',
    labels: ['reason'],
    help: 'Events that the Kubernetes API rejected.',
  },
  grantgate_kubernetes_watches_open: {
    type: 'gauge',
    labels: ['resource'],
    help: 'Watches of the Kubernetes API that are open.',
  },
  grantgate_kubernetes_synced: {
    type: 'gauge',
    labels: ['resource'],
    help: 'Whether all objects of a resource have been read: 1 when they have.',
    merge: 'min',
  },
  grantgate_kubernetes_silence_seconds: {
    type: 'gauge',
    labels: ['resource'],
    help: 'Time since the last list, event or bookmark of the Kubernetes API, of the watch that is silent longest.',
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
    help: 'What became of workers; crashed is one that ended unasked.',
  },
  grantgate_workers_not_answering: {
    type: 'gauge',
    labels: [],
    help: 'Workers whose figures are those of an earlier scrape, because they gave none in time.',
  },
  grantgate_build_info: {
    type: 'gauge',
    labels: ['version', 'node'],
    help: 'The versions of grantgate and of Node.js.',
    merge: 'max',
  },
  process_cpu_seconds_total: {
    type: 'counter',
    labels: ['worker', 'mode'],
    help: 'Processor time.',
  },
  process_resident_memory_bytes: {
    type: 'gauge',
    labels: ['worker'],
    help: 'Memory that is resident.',
  },
  process_open_fds: {
    type: 'gauge',
    labels: ['worker'],
    help: 'File descriptors that are open; on Linux alone.',
  },
  process_start_time_seconds: {
    type: 'gauge',
    labels: ['worker'],
    help: 'When the process started.',
    merge: 'max',
  },
  nodejs_heap_size_bytes: {
    type: 'gauge',
    labels: ['worker', 'state'],
    help: 'The heap of V8.',
  },
  nodejs_external_memory_bytes: {
    type: 'gauge',
    labels: ['worker'],
    help: 'Memory of buffers and of other objects outside the heap of V8.',
  },
  nodejs_eventloop_delay_seconds: {
    type: 'gauge',
    labels: ['worker', 'percentile'],
    help: 'How late the event loop was since the scrape before; the percentile 100 is the worst.',
    merge: 'max',
  },
  nodejs_gc_duration_seconds: {
    type: 'histogram',
    labels: ['worker', 'kind'],
    help: 'Garbage collections.',
  },
} as const satisfies Readonly<Record<string, Definition>>;

export type MetricName = keyof typeof catalogue;

/** By name; with every field that a definition may have. */
export const definitions: Readonly<Record<MetricName, Definition>> = catalogue;
