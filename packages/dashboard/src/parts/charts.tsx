import type { JSX } from 'preact';
import { chartSeconds } from '../live/live.ts';
import { formatCount, formatRate, formatShare, plural } from '../text.ts';

const width = 600;
const height = 120;

export interface ChartSeries {
  readonly name: string;
  /** Class that colours it. */
  readonly tone: 'first' | 'second';
  /** One value per second, oldest first. */
  readonly values: readonly number[];
}

/** The next round number: 1, 2, 5, 10, 20, ... */
export function roundUp(value: number): number {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((factor) => factor * power >= value) ?? 10) * power;
}

/** Mean of the last seconds, which smooths the steps of single requests. */
const smoothSeconds = 4;
const smooth = (values: readonly number[]): readonly number[] =>
  values.map((_, index) => {
    const part = values.slice(Math.max(0, index - smoothSeconds + 1), index + 1);
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });

/** Number of seconds on an axis: at first a minute, so that the chart is not empty, and more as more values are known. */
const axes = [60, 120, chartSeconds] as const;
const axisOf = (known: number): number => axes.find((seconds) => seconds >= known) ?? chartSeconds;

/** Ends at the right edge, which is the present. */
const points = (values: readonly number[], top: number, seconds: number): readonly string[] =>
  values.map((value, index) => {
    const x = width - ((values.length - 1 - index) / (seconds - 1)) * width;
    return `${x.toFixed(1)},${(height - (value / top) * height).toFixed(1)}`;
  });

function ChartLine(props: {
  readonly series: ChartSeries;
  readonly top: number;
  readonly seconds: number;
}): JSX.Element | null {
  const { values, tone } = props.series;
  const line = points(values, props.top, props.seconds);
  const [first] = line;
  if (first === undefined) return null;
  return (
    <g class={tone}>
      <polygon points={`${first.split(',')[0] ?? ''},${height} ${line.join(' ')} ${width},${height}`} />
      <polyline points={line.join(' ')} />
    </g>
  );
}

/** Rates over the last minutes as stacked lines. */
export function RateChart(props: {
  readonly label: string;
  readonly series: readonly ChartSeries[];
  readonly small?: boolean;
}): JSX.Element {
  const lines = props.series.map(({ values, ...rest }) => ({ ...rest, values: smooth(values) }));
  const top = roundUp(Math.max(0, ...lines.flatMap(({ values }) => values)));
  const seconds = axisOf(props.series[0]?.values.length ?? 0);
  const minutes = seconds / 60;
  const words = lines
    .map(
      ({ name, values }) =>
        `${name}: now ${formatRate(values.at(-1) ?? 0)}, at most ${formatRate(Math.max(0, ...values))}`,
    )
    .join('; ');
  return (
    <div class={props.small ? 'chart small' : 'chart'}>
      {!props.small && (
        <div class="scale" aria-hidden="true">
          <span>{formatRate(top)}</span>
          <span>{formatRate(top / 2)}</span>
          <span>0</span>
        </div>
      )}
      <svg
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${props.label} over the last ${plural(minutes, 'minute')}. ${words}.`}
      >
        {!props.small &&
          [0, 0.5, 1].map((part) => (
            <line key={part} class="gridline" x1="0" x2={width} y1={height * part} y2={height * part} />
          ))}
        {lines.map((series) => (
          <ChartLine key={series.name} series={series} top={top} seconds={seconds} />
        ))}
      </svg>
      {!props.small && (
        <div class="times" aria-hidden="true">
          <span>{minutes} min ago</span>
          <span>now</span>
        </div>
      )}
    </div>
  );
}

export interface BarPart {
  readonly name: string;
  readonly value: number;
  readonly tone: 'memory' | 'store' | 'server' | 'good' | 'redirect' | 'warn' | 'bad';
}

/** Shares of a total as one bar, with its legend. */
export function ShareBar({
  label,
  parts,
}: {
  readonly label: string;
  readonly parts: readonly BarPart[];
}): JSX.Element {
  const whole = parts.reduce((sum, { value }) => sum + value, 0);
  let x = 0;
  return (
    <div class="shares">
      <svg viewBox="0 0 100 4" preserveAspectRatio="none" role="img" aria-label={label}>
        <rect class="track" width="100" height="4" />
        {parts.map(({ name, value, tone }) => {
          const share = whole === 0 ? 0 : (value / whole) * 100;
          x += share;
          return <rect key={name} class={tone} x={x - share} width={share} height="4" />;
        })}
      </svg>
      <dl class="legend">
        {parts.map(({ name, value, tone }) => (
          <div key={name}>
            <dt>
              <i class={tone} />
              {name}
            </dt>
            <dd>
              {formatCount(value)} <small>{formatShare(value, whole)}</small>
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
