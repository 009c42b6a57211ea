import type { JSX } from 'preact';
import type { StoreView } from '../../../gateway/src/admin/api/store-shape.ts';
import { formatCount, plural } from '../text.ts';
import { Badge, Outside, Since, Time } from './common.tsx';
import { Latency } from './latency.tsx';

const tones = { available: 'good', failing: 'warn', unavailable: 'bad', unknown: 'neutral' } as const;

/** A store of tokens or counters: since when it has been available or unavailable, and why. */
export function StoreCard({ store, now }: { readonly store: StoreView; readonly now: number }): JSX.Element {
  const { name, status, since, reason, workers, operations, failures, invalidEntries } = store;
  const isShared = store.topology === 'workers';
  return (
    <article class="card">
      <header>
        <h3>{isShared ? 'Memory of this gateway' : <Outside text={name} limit={200} />}</h3>
        <Badge tone={tones[status]}>{status}</Badge>
      </header>
      <p class="caption">
        {describeStore(store)}
        {store.middlewares.length > 0 && (
          <>
            {' for '}
            <Outside text={store.middlewares.join(', ')} limit={200} />
          </>
        )}
      </p>
      {status === 'unavailable' && (
        <p class="failure">
          {workers.total > 1 &&
            `To ${formatCount(workers.unavailable)} of ${plural(workers.total, 'worker')}: `}
          {workers.total > 1 ? 'unavailable' : 'Unavailable'}
          {since !== null && (
            <>
              {' for '}
              <Since at={since} now={now} />
            </>
          )}
          , requests continue without it
          {reason !== null && (
            <span class="detail">
              <Outside text={reason} limit={300} />
            </span>
          )}
        </p>
      )}
      <Latency latency={store.latencyMs} />
      <p>
        {plural(operations, 'operation')}, {formatCount(failures)} failed
        {invalidEntries > 0 && `, ${plural(invalidEntries, 'invalid entry', 'invalid entries')}`}
      </p>
      {status !== 'unavailable' && since !== null && (
        <p>
          Available for <Since at={since} now={now} />
        </p>
      )}
      <LastFailure store={store} now={now} />
    </article>
  );
}

const topologies = {
  single: 'Redis',
  cluster: 'Redis Cluster',
  sentinel: 'Redis Sentinel',
  workers: 'Shared by the workers',
} as const;

function describeStore({ topology, masterSet, database, tls }: StoreView): string {
  const parts = [
    topologies[topology] + (masterSet === null ? '' : ` ${masterSet}`),
    ...(database === null || database === 0 ? [] : [`database ${database}`]),
    ...(tls ? ['TLS'] : []),
  ];
  return parts.join(', ');
}

function LastFailure({
  store: { lastFailure, reason },
  now,
}: {
  readonly store: StoreView;
  readonly now: number;
}): JSX.Element | null {
  // The outage has already been described.
  if (lastFailure === null || lastFailure.reason === reason) return null;
  return (
    <p class="failure">
      Last failure <Time at={lastFailure.at} now={now} />: {lastFailure.operation}
      <span class="detail">
        <Outside text={lastFailure.reason} limit={300} />
      </span>
    </p>
  );
}
