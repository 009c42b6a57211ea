import type { JSX } from 'preact';
import type { AuthorizationServerView } from '../../../gateway/src/admin/api/shapes.ts';
import { formatMilliseconds, plural } from '../text.ts';

/** Quantiles on one scale, from zero to the slowest request. */
export function Latency({
  latency,
}: {
  readonly latency: AuthorizationServerView['latencyMs'];
}): JSX.Element {
  if (latency === null) return <p class="caption">No latency measured yet</p>;
  const { p50, p90, p99, max, samples } = latency;
  const scale = (value: number): number => (max === 0 ? 0 : (value / max) * 200);
  const words = `p50 ${formatMilliseconds(p50)}, p90 ${formatMilliseconds(p90)}, p99 ${formatMilliseconds(p99)}, slowest ${formatMilliseconds(max)}`;
  return (
    <div class="latency">
      <svg
        viewBox="0 0 200 8"
        preserveAspectRatio="none"
        role="img"
        aria-label={`Latency of ${plural(samples, 'request')}: ${words}`}
      >
        <rect class="track" width="200" height="8" />
        <rect class="p99" width={scale(p99)} height="8" />
        <rect class="p90" width={scale(p90)} height="8" />
        <rect class="p50" width={scale(p50)} height="8" />
      </svg>
      <dl>
        {(
          [
            ['p50', p50],
            ['p90', p90],
            ['p99', p99],
            ['slowest', max],
          ] as const
        ).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{formatMilliseconds(value)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
