import type { RenewalEvent } from '@grantgate/middleware/cache/renewal-event';
import type { TokenTally } from '@grantgate/middleware/cache/token-tally';
import { toShownClientId } from '../pipeline/client-id.ts';
import type { Log } from './log.ts';

/** Logs when renewals of a credential begin to fail, and when they succeed again. */
export interface RenewalLog {
  readonly listen: (renewal: { readonly tally: TokenTally; readonly event: RenewalEvent }) => void;
  /** Sets the current middlewares, by qualified name, with the tally of their tokens. */
  readonly configure: (middlewares: ReadonlyMap<string, { readonly tally?: TokenTally | undefined }>) => void;
}

export function createRenewalLog(log: Log): RenewalLog {
  // Middlewares of an earlier configuration, which may still be in use, keep their names.
  const names = new WeakMap<TokenTally, readonly string[]>();
  return {
    configure(middlewares) {
      const found = new Map<TokenTally, string[]>();
      for (const [name, { tally }] of middlewares) {
        if (tally === undefined) continue;
        const before = found.get(tally);
        if (before === undefined) found.set(tally, [name]);
        else before.push(name);
      }
      for (const [tally, list] of found) names.set(tally, list);
    },
    listen({ tally, event }) {
      if (event.kind === 'renewed' || event.kind === 'unchanged') return;
      const base = {
        middleware: names.get(tally)?.join(', '),
        clientId: toShownClientId(event.clientId),
      };
      if (event.kind === 'recovered') {
        const failedForSeconds = toSeconds(event.lastedMs);
        log.info('token refresh succeeded again', { ...base, failures: event.failures, failedForSeconds });
        return;
      }
      const { reason, detail, response } = event;
      const fields = {
        ...base,
        reason,
        detail,
        status: response?.status,
        error: response?.error,
        errorDescription: response?.errorDescription,
        nextTryInSeconds: toSeconds(event.nextTryInMs),
        tokenExpiresInSeconds: toSeconds(event.expiresInMs),
      };
      if (event.isFirst) log.warn('token refresh failed', fields);
      else log.debug('token refresh failed again', fields);
    },
  };
}

const toSeconds = (ms: number): number => Math.round(ms / 1000);
