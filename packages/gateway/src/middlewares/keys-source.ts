import type { KeysEvent } from '@grantgate/middleware/jwt/keys-event';
import type { MiddlewareDeps } from './kind.ts';

/** Reports how requests for key sets went, for middlewares that use them together. */
export interface KeysSource {
  readonly onKeys: (event: KeysEvent) => void;
  /** Adds the report of its end to what closes an authenticator. */
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
