import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { RouterFigures } from '../../../gateway/src/admin/api/shapes.ts';
import { codeWords, formatCount, formatMilliseconds, formatRate } from '../text.ts';
import { type BarPart, ShareBar } from './charts.tsx';
import { Panel } from './common.tsx';

export function RouteFigures({ figures }: { readonly figures: RouterFigures }): JSX.Element {
  const rate = useRate(figures);
  const { durationMs } = figures;
  return (
    <>
      <dl class="facts">
        <Fact title="Requests" value={formatCount(figures.requests)} detail={rate} />
        <Fact
          title="Recent refusals"
          value={formatCount(figures.refused)}
          detail={
            Object.entries(figures.byCode)
              .map(([code, count]) => `${codeWords(code)} ${formatCount(count)}`)
              .join(', ') || 'none'
          }
        />
        <Fact title="Duration, median" value={durationMs ? formatMilliseconds(durationMs.p50) : '–'} />
        <Fact title="95 % are faster than" value={durationMs ? formatMilliseconds(durationMs.p95) : '–'} />
        <Fact title="99 % are faster than" value={durationMs ? formatMilliseconds(durationMs.p99) : '–'} />
      </dl>
      {figures.requests > 0 && (
        <Panel title="Responses by status">
          <ShareBar label="Responses by status; the numbers follow" parts={statusParts(figures.byStatus)} />
        </Panel>
      )}
    </>
  );
}

function Fact(props: {
  readonly title: string;
  readonly value: string;
  readonly detail?: string;
}): JSX.Element {
  return (
    <div>
      <dt>{props.title}</dt>
      <dd class="number">{props.value}</dd>
      {props.detail !== undefined && <dd class="detail">{props.detail}</dd>}
    </div>
  );
}

const toneOf = (status: string): BarPart['tone'] =>
  status.startsWith('5')
    ? 'bad'
    : status.startsWith('4')
      ? 'warn'
      : status.startsWith('3')
        ? 'redirect'
        : 'good';

const statusParts = (byStatus: RouterFigures['byStatus']): readonly BarPart[] =>
  Object.entries(byStatus)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([status, value]) => ({ name: status, value, tone: toneOf(status) }));

/** Requests per second between the last two readings. */
function useRate(figures: RouterFigures): string {
  const before = useRef<{ readonly requests: number; readonly at: number }>(undefined);
  const [rate, setRate] = useState<number>();
  useEffect(() => {
    const at = Date.now();
    const last = before.current;
    if (last !== undefined && at > last.at)
      setRate(Math.max(0, (figures.requests - last.requests) / ((at - last.at) / 1000)));
    before.current = { requests: figures.requests, at };
  }, [figures]);
  return rate === undefined ? 'since the start' : `${formatRate(rate)} per second now`;
}
