import type { KeysReport } from '../middlewares/kind.ts';
import type { Log } from './log.ts';

/** Logs when the keys of an issuer become unavailable, and when new ones are in use. */
export function createKeysLog(log: Log): (report: KeysReport) => void {
  return ({ event }) => {
    if (event === undefined || event.kind === 'refreshed') return;
    // A URL may have a query, which must not be logged.
    const url = event.url.replace(/\?.*/, '');
    if (event.kind === 'obtained') {
      const { keys, problems } = event;
      log.info('key set obtained', {
        url,
        keys,
        ...(problems.length > 0 && { ignored: problems.join('; ') }),
      });
      return;
    }
    const { detail, keys, isFirst, nextTryInMs } = event;
    const fields = { url, detail, earlierKeys: keys, nextTryInSeconds: Math.round(nextTryInMs / 1000) };
    if (isFirst) log.warn('key set request failed', fields);
    else log.debug('key set request failed again', fields);
  };
}
