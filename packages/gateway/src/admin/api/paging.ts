import { ApiError } from './api-error.ts';

/** A part of a list. */
export interface ListPage<T> {
  readonly items: readonly T[];
  /** Value of Traefik's `X-Next-Page`: 1 on the last page. */
  readonly nextPage: number;
  readonly total: number;
}

/** The part of a list that a request selects. */
export interface PageRange {
  readonly page: number;
  readonly perPage: number;
}

/** Number of entries per page. */
export const maxPerPage = 10_000;
const defaultPerPage = 100;

/** @throws ApiError 400, with Traefik's message. */
export function readRange(query: URLSearchParams): PageRange {
  const perPage = readNumber(query, 'per_page', defaultPerPage);
  if (perPage > maxPerPage)
    throw new ApiError(400, `invalid request: per_page: expected at most ${maxPerPage}`);
  return { page: readNumber(query, 'page', 1), perPage };
}

function readNumber(query: URLSearchParams, name: string, usual: number): number {
  const text = query.get(name) ?? '';
  if (text === '') return usual;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (value === 0) throw new ApiError(400, `invalid request: ${name}: expected a whole number of 1 or more`);
  return value;
}

/** @throws ApiError 400 for a page after the last one. */
export function paginate<T>(all: readonly T[], range: PageRange): ListPage<T> {
  return toPage(all.slice((range.page - 1) * range.perPage, range.page * range.perPage), all.length, range);
}

/** A page whose entries are known. @param total number of entries on all pages. @throws ApiError 400 for a page after the last one. */
export function toPage<T>(items: readonly T[], total: number, { page, perPage }: PageRange): ListPage<T> {
  const start = (page - 1) * perPage;
  if (start !== 0 && start >= total)
    throw new ApiError(400, `invalid request: page: ${page}, per_page: ${perPage}`);
  return { items, nextPage: page * perPage < total ? page + 1 : 1, total };
}

/** The key by which a list is sorted. */
export type SortKey = string | number;

/**
 * A copy in the order of `sortBy` and `direction`; the sort is stable.
 *
 * @throws ApiError 400 for an unknown key.
 */
export function sortBy<T>(
  items: readonly T[],
  query: URLSearchParams,
  keys: Readonly<Record<string, (item: T) => SortKey>>,
): readonly T[] {
  const name = query.get('sortBy') ?? '';
  if (name === '') return items;
  const key = Object.hasOwn(keys, name) ? keys[name] : undefined;
  if (key === undefined)
    throw new ApiError(400, `invalid request: sortBy: expected ${Object.keys(keys).join(', ')}`);
  const sign = query.get('direction') === 'desc' ? -1 : 1;
  return [...items].sort((a, b) => sign * compareKeys(key(a), key(b)));
}

export const compareKeys = (a: SortKey, b: SortKey): number => (a < b ? -1 : a > b ? 1 : 0);

/** Whether one of some texts contains the `search` text, in any letter case. */
export function isFound(query: URLSearchParams, ...texts: readonly string[]): boolean {
  const search = (query.get('search') ?? '').toLowerCase();
  return search === '' || texts.some((text) => text.toLowerCase().includes(search));
}
