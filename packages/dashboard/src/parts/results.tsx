import type { ComponentChildren, JSX } from 'preact';
import type { DashboardResource } from '../dashboard.tsx';
import { plural } from '../text.ts';
import { Missing, Pager } from './common.tsx';

/** One page of a filtered list: its length in words, its entries, and links to its other pages. */
export function Results<T>(props: {
  readonly resource: DashboardResource<readonly T[]>;
  /** Name of a listed item, in the singular. */
  readonly noun: string;
  /** Sentence for an empty list. */
  readonly empty: string;
  /** Whether it changes by itself, so that screen readers should not announce its length each time. */
  readonly isLive?: boolean;
  /** From 1. */
  readonly page: number;
  readonly perPage: number;
  readonly onPage: (page: number) => void;
  /** Called for a list that is not empty. */
  readonly children: (entries: readonly T[]) => ComponentChildren;
}): JSX.Element {
  const { resource, noun, empty, isLive = false, page, perPage, onPage, children } = props;
  const { value, total, failure } = resource;
  if (value === undefined || failure) return <Missing resource={resource} />;
  return (
    <>
      <p class="result" role={isLive ? undefined : 'status'}>
        {total === 0 ? empty : plural(total, noun)}
      </p>
      {value.length > 0 && children(value)}
      <Pager page={page} perPage={perPage} total={total} onPage={onPage} />
    </>
  );
}
