import type { MetricDefinition } from './metric-definition.ts';

/** Metrics of any process of the gateway. */
export const processCatalogue = {
  process_cpu_seconds_total: {
    type: 'counter',
    labels: ['worker', 'mode'],
    help: 'CPU time, in seconds.',
  },
  process_resident_memory_bytes: {
    type: 'gauge',
    labels: ['worker'],
    help: 'Resident memory, in bytes.',
  },
  process_open_fds: {
    type: 'gauge',
    labels: ['worker'],
    help: 'Open file descriptors, on Linux only.',
  },
  process_start_time_seconds: {
    type: 'gauge',
    labels: ['worker'],
    help: 'Start time of the process, in seconds since the epoch.',
    merge: 'max',
  },
  nodejs_heap_size_bytes: {
    type: 'gauge',
    labels: ['worker', 'state'],
    help: 'Heap of V8, in bytes.',
  },
  nodejs_external_memory_bytes: {
    type: 'gauge',
    labels: ['worker'],
    help: 'Memory of buffers and other objects outside the heap of V8, in bytes.',
  },
  nodejs_eventloop_delay_seconds: {
    type: 'gauge',
    labels: ['worker', 'percentile'],
    help: 'Delay of the event loop since the last scrape, in seconds; percentile 100 is the maximum.',
    merge: 'max',
  },
  nodejs_gc_duration_seconds: {
    type: 'histogram',
    labels: ['worker', 'kind'],
    help: 'Duration of garbage collections, in seconds.',
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
