import type { DynamicConfiguration } from '../config/dynamic.ts';

/** A source of routes. It emits whole configurations: everything it knows, each time. */
export interface Provider {
  /**
   * Emits once before it resolves, and again whenever something has changed. Never rejects for what is wrong with the
   * configuration: that is in its problems.
   */
  start(emit: (configuration: DynamicConfiguration) => void): Promise<void>;
  close(): void;
}
