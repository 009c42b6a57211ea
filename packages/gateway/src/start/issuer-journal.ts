import type { Clock } from '@grantgate/middleware/base/clock';
import type { DiscoveryEvent } from '@grantgate/middleware/token/discovery/discovery-event';
import type { IssuerNumbers } from '../admin/api/process-source.ts';
import type { KeysReport } from '../middlewares/kind.ts';

/** History of requests for the metadata and the keys of issuers, for the API. */
export interface IssuerJournal {
  readonly onDiscovery: (event: DiscoveryEvent) => void;
  readonly onKeys: (report: KeysReport) => void;
  list(): readonly IssuerNumbers[];
}

/** Number of issuers to remember, including those that are no longer configured. */
const maxIssuers = 1_000;

export function createIssuerJournal(clock: Clock): IssuerJournal {
  const known = new Map<string, IssuerNumbers>();
  const note = (
    use: IssuerNumbers['use'],
    url: string,
    failure?: { reason: string; detail: string },
  ): void => {
    const key = `${use} ${url}`;
    const before = known.get(key) ?? { ...{ url, use, requests: 0, failures: 0 }, ...nothing };
    if (known.size >= maxIssuers && !known.has(key)) return;
    const at = clock.now();
    known.set(key, {
      ...before,
      requests: before.requests + 1,
      ...(failure === undefined
        ? { lastSuccessAt: at }
        : { failures: before.failures + 1, lastFailure: { at, ...failure } }),
    });
  };
  return {
    onDiscovery(event) {
      if (event.kind === 'discovered') note('metadata', event.issuer);
      // The detail may quote text published by the issuer.
      if (event.kind === 'failed')
        note('metadata', event.issuer, {
          reason: event.reason,
          detail: 'its metadata could not be obtained',
        });
    },
    onKeys({ event }) {
      if (event === undefined) return;
      if (event.kind !== 'failed') note('keys', event.url);
      else note('keys', event.url, { reason: 'unavailable', detail: 'the key set could not be obtained' });
    },
    list: () => [...known.values()],
  };
}

const nothing = { lastSuccessAt: undefined, lastFailure: undefined };
