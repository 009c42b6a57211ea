import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { EntryPointView, RouterView } from '../../../gateway/src/admin/api/shapes.ts';
import { changeParameters, useLive, useResource } from '../dashboard.tsx';
import { Outside, pageOf, Problems, StatusBadge } from '../parts/common.tsx';
import { ExplainForm } from '../parts/explain.tsx';
import { Results } from '../parts/results.tsx';
import { Filters, SearchField, SelectField } from '../parts/filters.tsx';
import { Table, type TableColumn } from '../parts/table.tsx';
import type { ViewLocation } from '../view-location.ts';
import { formatViewLocation } from '../view-location.ts';

const perPage = 50;
const statuses = [
  ['', 'All'],
  ['enabled', 'Enabled'],
  ['warning', 'Warning'],
  ['disabled', 'Disabled'],
] as const;
const orders = [
  ['', 'Name'],
  ['priority', 'Priority'],
  ['rule', 'Rule'],
  ['status', 'Status'],
  ['service', 'Service'],
  ['provider', 'Provider'],
] as const;

export function RoutesView({ location }: { readonly location: ViewLocation }): JSX.Element {
  const { configuration } = useLive();
  const { search = '', status = '', sortBy = '' } = location.parameters;
  const page = pageOf(location.parameters);
  const parameters = {
    search,
    status,
    sortBy: sortBy || 'name',
    direction: sortBy === 'priority' ? 'desc' : 'asc',
    page,
    per_page: perPage,
  };
  const routers = useResource<readonly RouterView[]>('http/routers', parameters, configuration);
  const filter = (change: Readonly<Record<string, string>>): void =>
    changeParameters(location, { page: '', ...change });
  return (
    <>
      <h1>Routes</h1>
      <WhichRoute />
      <Filters>
        <SearchField
          label="Name or rule"
          value={search}
          placeholder="orders, Host(`api.example.com`)"
          onChange={(value) => filter({ search: value })}
        />
        <SelectField
          label="Status"
          value={status}
          options={statuses}
          onChange={(value) => filter({ status: value })}
        />
        <SelectField
          label="Sort by"
          value={sortBy}
          options={orders}
          onChange={(value) => filter({ sortBy: value })}
        />
      </Filters>
      <Results
        resource={routers}
        noun="route"
        empty={noRoutes(search !== '' || status !== '')}
        page={page}
        perPage={perPage}
        onPage={(value) => filter({ page: String(value) })}
      >
        {(entries) => <Table caption="Routes" columns={columns} rows={entries} keyOf={({ name }) => name} />}
      </Results>
    </>
  );
}

/** The form that explains a request of any route; closed at first. */
function WhichRoute(): JSX.Element {
  const { configuration } = useLive();
  const [isOpen, setOpen] = useState(false);
  const points = useResource<readonly EntryPointView[]>(
    isOpen ? 'entrypoints' : undefined,
    {},
    configuration,
  );
  return (
    <details class="panel which" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Which route serves a request, and why not another?</summary>
      {isOpen && <ExplainForm entryPoints={['', ...(points.value ?? []).map(({ name }) => name)]} />}
    </details>
  );
}

const noRoutes = (filtered: boolean): string =>
  filtered ? 'No route matches these filters.' : 'No routes are loaded.';

const columns: readonly TableColumn<RouterView>[] = [
  {
    title: 'Name',
    class: 'name',
    cell: ({ name, place }) => (
      <>
        <a href={formatViewLocation({ view: 'route', parameters: { name } })}>
          <Outside text={name} />
        </a>
        {place !== undefined && (
          <span class="detail mono">
            <Outside text={place} />
          </span>
        )}
      </>
    ),
  },
  {
    title: 'Rule',
    class: 'rule',
    cell: ({ rule, error }) => (
      <>
        <code>
          <Outside text={rule} limit={240} />
        </code>
        {error !== undefined && error.length > 0 && <Problems texts={error} />}
      </>
    ),
  },
  {
    title: 'Middlewares',
    cell: ({ steps = [], middlewares = steps }) => (
      <Outside text={middlewares.join(', ') || 'none'} limit={200} />
    ),
  },
  { title: 'Service', cell: ({ service }) => <Outside text={service} /> },
  { title: 'Entry points', cell: ({ using }) => using.join(', ') },
  { title: 'Status', class: 'status', cell: ({ status }) => <StatusBadge status={status} /> },
];
