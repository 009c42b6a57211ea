import type { HealthCheck } from './health-check.ts';
import type { PassiveHealth } from './passive-health.ts';
import type { Destination } from './upstream.ts';

/** A server of a service. */
export interface Peer {
  /** Above 0. */
  readonly weight: number;
  readonly check: HealthCheck | undefined;
  readonly passive: PassiveHealth | undefined;
  /** Undefined: the strategy does not depend on it. */
  readonly times: MeanResponseTime | undefined;
  /** Result of a pick; built once, so that a request allocates nothing. */
  readonly destination: Destination;
  readonly firstDestination: Destination;
}

/** Response times of a server. */
export interface MeanResponseTime {
  add(ms: number): void;
  /** Milliseconds; 0 before the first response. */
  average(): number;
}

export const isHealthy = ({ check, passive }: Peer): boolean =>
  (check === undefined || check.healthy()) && (passive === undefined || passive.healthy());

/** As in Traefik. */
const maxSamples = 100;

/** Average over the last `maxSamples` responses. */
export function createResponseTimes(): MeanResponseTime {
  const samples: number[] = [];
  let at = 0;
  let sum = 0;
  return {
    add(ms) {
      sum += ms - (samples[at] ?? 0);
      samples[at] = ms;
      at = (at + 1) % maxSamples;
    },
    average: () => (samples.length === 0 ? 0 : sum / samples.length),
  };
}
