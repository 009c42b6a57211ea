import type { DiscoveryEvent } from '@grantgate/middleware/token/discovery/discovery-event';
import type { Log } from './log.ts';

/** Logs when the metadata of an issuer become unusable or usable again, and when they name another token endpoint. */
export function createDiscoveryLog(log: Log): (event: DiscoveryEvent) => void {
  return (event) => {
    const { issuer } = event;
    switch (event.kind) {
      case 'discovered': {
        const { tokenEndpoint, previousTokenEndpoint } = event;
        if (previousTokenEndpoint === undefined) log.debug('issuer discovered', { issuer, tokenEndpoint });
        else log.info('token endpoint changed', { issuer, tokenEndpoint, previousTokenEndpoint });
        return;
      }
      case 'recovered': {
        const { failures, lastedMs } = event;
        log.info('issuer discovery succeeded again', {
          issuer,
          failures,
          failedForSeconds: toSeconds(lastedMs),
        });
        return;
      }
      case 'failed': {
        const { reason, detail, tokenEndpoint, isFirst, nextTryInMs } = event;
        const fields = { issuer, reason, detail, tokenEndpoint, nextTryInSeconds: toSeconds(nextTryInMs) };
        if (isFirst) log.warn('issuer discovery failed', fields);
        else log.debug('issuer discovery failed again', fields);
      }
    }
  };
}

const toSeconds = (ms: number): number => Math.round(ms / 1000);
