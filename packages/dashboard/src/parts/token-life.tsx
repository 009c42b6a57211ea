import type { JSX } from 'preact';
import type { TokenView } from '../../../gateway/src/admin/api/shapes.ts';
import { formatRelative } from '../text.ts';

/** Range of the time axis, in milliseconds since the epoch. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

/** The range of all lifetimes, including the present. */
export function timeSpanOf(tokens: readonly TokenView[], now: number): TimeSpan {
  const from = Math.min(now, ...tokens.map(({ obtainedAt }) => Date.parse(obtainedAt)));
  const to = Math.max(now, ...tokens.map(({ expiresAt }) => Date.parse(expiresAt)));
  return { from, to: Math.max(to, from + 1_000) };
}

const width = 1_000;
const position = ({ from, to }: TimeSpan, time: number): number =>
  Math.max(0, Math.min(width, ((time - from) / (to - from)) * width));

export function LifeAxis({ span, now }: { readonly span: TimeSpan; readonly now: number }): JSX.Element {
  return (
    <>
      <span class="hidden">Life</span>
      <span class="axis" aria-hidden="true">
        <span>{formatRelative(span.from, now)}</span>
        <span class="keys">
          <span class="key life-now">now</span>
          <span class="key life-rest">valid</span>
          <span class="key life-refresh">refreshed on use</span>
        </span>
        <span>{formatRelative(span.to, now)}</span>
      </span>
    </>
  );
}

/** The lifetime of a token: past time, remaining time, and the time from which a use refreshes it. */
export function TokenLife(props: {
  readonly token: TokenView;
  readonly span: TimeSpan;
  readonly now: number;
}): JSX.Element {
  const { token, span, now } = props;
  const obtained = position(span, Date.parse(token.obtainedAt));
  const expires = position(span, Date.parse(token.expiresAt));
  const refresh = token.refreshAt === null ? undefined : position(span, Date.parse(token.refreshAt));
  const present = position(span, now);
  const words = [
    `obtained ${formatRelative(Date.parse(token.obtainedAt), now)}`,
    token.refreshAt === null
      ? 'a refresh is in progress'
      : `refreshed on use ${refreshWords(token.refreshAt, now)}`,
    `${Date.parse(token.expiresAt) > now ? 'expires' : 'expired'} ${formatRelative(Date.parse(token.expiresAt), now)}`,
  ];
  return (
    <div class="life-row">
      <svg viewBox={`0 0 ${width} 16`} preserveAspectRatio="none" role="img" aria-label={words.join(', ')}>
        <rect class="rest" x={obtained} width={Math.max(2, expires - obtained)} y="3" height="10" />
        {refresh !== undefined && (
          <rect class="window" x={refresh} width={Math.max(1, expires - refresh)} y="3" height="10" />
        )}
        <rect
          class="past"
          x={obtained}
          width={Math.max(0, Math.min(present, expires) - obtained)}
          y="3"
          height="10"
        />
        {refresh !== undefined && <line class="refresh" x1={refresh} x2={refresh} y1="1" y2="15" />}
        <line class="now" x1={present} x2={present} y1="0" y2="16" />
      </svg>
      <span class="detail" aria-hidden="true">
        {words[2]}
        {token.refreshAt !== null && <> · {words[1]}</>}
      </span>
    </div>
  );
}

const refreshWords = (refreshAt: string, now: number): string =>
  Date.parse(refreshAt) <= now ? 'from now on' : formatRelative(Date.parse(refreshAt), now);
