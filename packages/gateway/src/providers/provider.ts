import type { Document } from '../config/document.ts';
import type { UnreadSecrets } from '../config/dynamic.ts';
import type { Problem } from '../config/place.ts';

/** Everything that a provider knows: documents of either format, and what is wrong with those that it could not read. */
export interface ProviderOutput {
  /** One that has not changed since the last output is the same object: what was made of it is used again. */
  readonly documents: readonly Document[];
  readonly problems: readonly Problem[];
  /** Secrets of a cluster that are missing in the documents because they have not been read. Default: none. */
  readonly unreadSecrets?: UnreadSecrets;
}

/** A source of routes. It emits whole outputs: everything it knows, each time. */
export interface Provider {
  /**
   * Emits once before it resolves, and again whenever something has changed. Never rejects for what is wrong with the
   * configuration: that is in its problems.
   */
  start(emit: (output: ProviderOutput) => void): Promise<void>;
  close(): void;
}
