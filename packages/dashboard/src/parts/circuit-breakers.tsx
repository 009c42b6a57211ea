import type { JSX } from 'preact';
import type { CircuitView } from '../../../gateway/src/admin/api/circuit-shape.ts';
import type { Overview } from '../../../gateway/src/admin/api/shapes.ts';
import { useNow } from '../dashboard.tsx';
import { formatCount, formatRelative, plural } from '../text.ts';
import { Badge, Outside, Panel } from './common.tsx';

const tones = { closed: 'good', open: 'bad', recovering: 'warn' } as const;

export function CircuitBadge({ state }: Pick<CircuitView, 'state'>): JSX.Element {
  return <Badge tone={tones[state]}>{state}</Badge>;
}

const describeEnd = (state: CircuitView['state'], until: number, now: number): string =>
  `; ${state === 'open' ? 'some pass' : 'it closes'} ${formatRelative(until, now)}`;

/** Circuit breakers of services that refuse requests. */
export function CircuitBreakers({ summary }: { readonly summary: Overview['circuitBreakers'] }): JSX.Element {
  const now = useNow();
  const { total, open, refusing } = summary;
  return (
    <Panel title="Circuit breakers" aside={total > 0 && plural(total, 'circuit breaker')}>
      {total === 0 && <p class="empty">No middleware is a circuit breaker.</p>}
      {total > 0 && open === 0 && <p class="empty">All are closed: requests reach their services.</p>}
      <ul class="states">
        {refusing.map(({ middleware, state, until }) => (
          <li key={middleware}>
            <span class="stop-name">
              <Outside text={middleware} /> <CircuitBadge state={state} />
            </span>
            <span class="detail">
              {state === 'open' ? 'All requests are refused' : 'Some requests are refused'}
              {until !== null && Date.parse(until) > now && describeEnd(state, Date.parse(until), now)}
            </span>
          </li>
        ))}
      </ul>
      {open > refusing.length && (
        <p class="caption">{formatCount(open - refusing.length)} more refuse requests.</p>
      )}
    </Panel>
  );
}
