import type { Step } from '../../middlewares/step.ts';
import { toSeries, type SeriesByName } from './series.ts';

/** Shows which circuit breakers of services refuse requests. */
export interface CircuitMetrics {
  /** Sets the current middlewares, by qualified name. */
  configure(steps: ReadonlyMap<string, Pick<Step, 'readCircuit'>>): void;
  read(): SeriesByName;
}

export function createCircuitMetrics(): CircuitMetrics {
  let circuits: readonly (readonly [middleware: string, read: NonNullable<Step['readCircuit']>])[] = [];
  return {
    configure(steps) {
      circuits = Array.from(steps).flatMap(([name, { readCircuit }]) =>
        readCircuit === undefined ? [] : [[name, readCircuit] as const],
      );
    },
    read: () => ({
      grantgate_circuit_breaker_open: circuits.map(([middleware, read]) =>
        toSeries({ middleware }, Number(read().state !== 'closed')),
      ),
    }),
  };
}
