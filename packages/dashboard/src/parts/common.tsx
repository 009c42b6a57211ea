import type { ComponentChildren, JSX } from 'preact';
import type { ApiStatus } from '../../../gateway/src/admin/api/shapes.ts';
import type { DashboardResource } from '../dashboard.tsx';
import { formatCount, formatDuration, formatRelative, readable, shorten } from '../text.ts';

/** A text from outside, such as a client ID, a name or a path. It cannot reorder, hide or widen its surroundings. */
export function Outside({
  text,
  limit = 120,
}: {
  readonly text: string;
  readonly limit?: number;
}): JSX.Element {
  return <bdi class="outside">{breakable(shorten(readable(text), limit))}</bdi>;
}

/** Line breaks are allowed after the separators of URLs, lists and paths. */
function breakable(text: string): ComponentChildren {
  const parts = text.split(/(?<=[^\s/:][/,&?|])(?=[^\s/])/);
  return parts.length === 1 ? text : parts.flatMap((part) => [part, <wbr key={part} />]).slice(0, -1);
}

export function Panel(props: {
  readonly title: string;
  readonly aside?: ComponentChildren;
  readonly class?: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <section class={`panel ${props.class ?? ''}`} aria-label={props.title}>
      <div class="panel-head">
        <h2>{props.title}</h2>
        {props.aside !== undefined && <div class="aside">{props.aside}</div>}
      </div>
      {props.children}
    </section>
  );
}

export type Tone = 'good' | 'warn' | 'bad' | 'neutral';

export function Badge({
  tone,
  children,
}: {
  readonly tone: Tone;
  readonly children: ComponentChildren;
}): JSX.Element {
  return <span class={`badge ${tone}`}>{children}</span>;
}

const statusTones = { enabled: 'good', warning: 'warn', disabled: 'bad' } as const;

export function StatusBadge({ status }: { readonly status: ApiStatus }): JSX.Element {
  return <Badge tone={statusTones[status]}>{status}</Badge>;
}

/** A time relative to now, with the exact one as its title. */
export function Time({ at, now }: { readonly at: string; readonly now: number }): JSX.Element {
  return (
    <time dateTime={at} title={at}>
      {formatRelative(Date.parse(at), now)}
    </time>
  );
}

/** The duration of a state, with the exact time as its title. */
export function Since({ at, now }: { readonly at: string; readonly now: number }): JSX.Element {
  return (
    <time dateTime={at} title={at}>
      {formatDuration(now - Date.parse(at))}
    </time>
  );
}

export function Problems({ texts }: { readonly texts: readonly string[] }): JSX.Element {
  return (
    <ul class="problems">
      {texts.map((text) => (
        <li key={text}>
          <Outside text={text} limit={600} />
        </li>
      ))}
    </ul>
  );
}

/** Placeholder for a resource that is loading or could not be loaded, with the reason. */
export function Missing({ resource }: { readonly resource: DashboardResource<unknown> }): JSX.Element {
  const { failure } = resource;
  if (failure === undefined) return <p class="empty">Loading…</p>;
  return (
    <p class="empty" role="alert">
      {failure.status === 0 ? 'The gateway cannot be reached.' : readable(failure.message)}
    </p>
  );
}

/** Pages of a list, `page` from 1. */
export function Pager(props: {
  readonly page: number;
  readonly perPage: number;
  readonly total: number;
  readonly onPage: (page: number) => void;
}): JSX.Element | null {
  const { page, perPage, total, onPage } = props;
  const pages = Math.max(1, Math.ceil(total / perPage));
  if (pages === 1) return null;
  const from = (page - 1) * perPage + 1;
  return (
    <nav class="pager" aria-label="Pages">
      <button type="button" class="quiet" disabled={page <= 1} onClick={() => onPage(page - 1)}>
        Previous
      </button>
      <span>
        {formatCount(from)}–{formatCount(Math.min(total, from + perPage - 1))} of {formatCount(total)}
      </span>
      <button type="button" class="quiet" disabled={page >= pages} onClick={() => onPage(page + 1)}>
        Next
      </button>
    </nav>
  );
}

/** Page in the URL, from 1. */
export const pageOf = (parameters: Readonly<Record<string, string>>): number =>
  Math.max(1, Math.floor(Number(parameters['page'] ?? 1)) || 1);

/** Names contain slashes in some providers. */
export const resourcePath = (kind: 'routers' | 'services' | 'middlewares', name: string): string =>
  `http/${kind}/${encodeURIComponent(name)}`;
