import type { JSX } from 'preact';
import type { CallerView } from '../../../gateway/src/admin/api/caller-shape.ts';
import { useNow, useResource } from '../dashboard.tsx';
import { formatCount, plural } from '../text.ts';
import { Badge, Outside, Time } from './common.tsx';
import { Table, type TableColumn } from './table.tsx';

const shown = 50;

/** Callers whose credentials are verified; nothing if no middleware verifies any. */
export function Callers(props: {
  readonly search: string;
  readonly middleware: string;
  readonly version: string;
}): JSX.Element | null {
  const { search, middleware, version } = props;
  const now = useNow();
  const parameters = { search, middleware, per_page: shown };
  const { value, total } = useResource<readonly CallerView[]>('callers', parameters, version);
  if (value === undefined || value.length === 0) return null;
  return (
    <section aria-label="Verified callers">
      <h2 class="second">Verified callers</h2>
      <p class="result">
        {plural(total, 'caller')} whose JWT, opaque token, API key or exchanged token is cached
        {total > shown && `; the first ${formatCount(shown)} are shown`}
      </p>
      <Table
        caption="Verified callers"
        columns={columnsAt(now)}
        rows={value}
        keyOf={({ clientID, middlewares }) => JSON.stringify([clientID, middlewares])}
      />
    </section>
  );
}

const columnsAt = (now: number): readonly TableColumn<CallerView>[] => [
  {
    title: 'Client ID',
    class: 'name',
    cell: ({ clientID, middlewares }) => (
      <>
        <strong>{clientID === '' ? 'without a client ID' : <Outside text={clientID} limit={80} />}</strong>
        <span class="detail">
          <Outside text={middlewares.join(', ')} limit={200} />
        </span>
      </>
    ),
  },
  { title: 'Credentials', cell: ({ credentials }) => formatCount(credentials) },
  {
    title: 'Expires',
    cell: ({ expiresAt }) =>
      expiresAt === null ? 'with the configuration' : <Time at={expiresAt} now={now} />,
  },
  {
    title: 'Decision',
    class: 'status',
    cell: ({ credentials, refused }) =>
      refused === 0 ? (
        <Badge tone="good">passes</Badge>
      ) : (
        <Badge tone={refused === credentials ? 'bad' : 'warn'}>
          {refused === credentials ? 'refused' : `${formatCount(refused)} refused`}
        </Badge>
      ),
  },
];
