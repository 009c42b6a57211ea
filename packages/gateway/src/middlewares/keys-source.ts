import type { KeysEvent } from '@grantgate/middleware/jwt/keys-event';
import type { MiddlewareDeps } from './kind.ts';

/** Reports the outcome of requests for key sets, for the middlewares that share them. */
export interface KeysSource {
  readonly onKeys: (event: KeysEvent) => void;
  /** Adds a final report to the closing of an authenticator. */
  closing<T extends { close(): Promise<void> }>(authenticator: T): T;
}

export function openKeysSource({ keys }: Pick<MiddlewareDeps, 'keys'>): KeysSource {
  const source = {};
  return {
    onKeys: (event) => keys?.publish({ source, event }),
    closing: (authenticator) =>
      Object.freeze({
        ...authenticator,
        async close() {
          await authenticator.close();
          keys?.publish({ source, event: undefined });
        },
      }),
  };
}
