export const viewNames = ['overview', 'routes', 'route', 'tokens', 'refusals', 'configuration'] as const;
export type ViewName = (typeof viewNames)[number];

/** A view with its filters, in the form of the URL's fragment: `#/routes?status=disabled`. */
export interface ViewLocation {
  readonly view: ViewName;
  /** Filters, page and other parameters of the view; no empty values. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Reads a fragment; anything unknown means the overview. */
export function parseViewLocation(fragment: string): ViewLocation {
  const [path = '', query = ''] = fragment.replace(/^#?\/?/, '').split(/\?(.*)/s);
  const view = viewNames.find((name) => name === path) ?? 'overview';
  const parameters = Object.fromEntries(
    Array.from(new URLSearchParams(query)).filter(([, value]) => value !== ''),
  );
  return { view, parameters };
}

/** Writes the shortest fragment for a location. */
export function formatViewLocation({ view, parameters }: ViewLocation): string {
  const entries = Object.entries(parameters).filter(([, value]) => value);
  const query = new URLSearchParams(entries).toString();
  return `#/${view === 'overview' && query === '' ? '' : view}${query && `?${query}`}`;
}
