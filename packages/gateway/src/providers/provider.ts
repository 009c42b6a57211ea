import type { Document } from '../config/document.ts';
import type { UnreadSecrets } from '../config/dynamic.ts';
import type { Problem } from '../config/place.ts';

/** The output of a provider: documents of either format, and problems of those that it could not read. */
export interface ProviderOutput {
  /** Documents that are unchanged since the last output are the same objects, so that derived results can be reused. */
  readonly documents: readonly Document[];
  readonly problems: readonly Problem[];
  /** Secrets of a cluster that are missing in the documents because they have not been read. Default: none. */
  readonly unreadSecrets?: UnreadSecrets;
}

/** A source of routes. Each output is complete. */
export interface Provider {
  /**
   * Emits once before it resolves, and again after each change. Never rejects for problems of the
   * configuration: these are in the output.
   */
  start(emit: (output: ProviderOutput) => void): Promise<void>;
  close(): void;
}
