import type { JSX } from 'preact';
import type { ConfigView } from '../../../gateway/src/admin/api/shapes.ts';
import { useLive, useNow, useResource } from '../dashboard.tsx';
import { Badge, Missing, Outside, Panel, Time } from '../parts/common.tsx';
import { Table } from '../parts/table.tsx';
import { plural, readable } from '../text.ts';
import type { ViewLocation } from '../view-location.ts';
import { toYaml } from '../yaml.ts';

/** Further entries are available through the API and in the files. */
const shownMiddlewares = 200;

export function ConfigurationView(_props: { readonly location: ViewLocation }): JSX.Element {
  const { configuration } = useLive();
  const now = useNow();
  const config = useResource<ConfigView>('config', {}, configuration);
  const { value } = config;
  return (
    <>
      <h1>Configuration</h1>
      {value === undefined ? (
        <Missing resource={config} />
      ) : (
        <>
          <p class="lead">
            Active since <Time at={value.loadedAt} now={now} />. Defaults are filled in, and secrets are left
            out.
          </p>
          <ConfigProblems problems={value.problems} />
          <Install install={value.install} />
          <Middlewares middlewares={value.http.middlewares} />
        </>
      )}
    </>
  );
}

function ConfigProblems({ problems }: { readonly problems: ConfigView['problems'] }): JSX.Element {
  return (
    <Panel title="Problems" aside={problems.length > 0 && plural(problems.length, 'problem')}>
      {problems.length === 0 ? (
        <p class="empty">No problems: the whole configuration is active.</p>
      ) : (
        <Table
          caption="Problems of the configuration"
          rows={problems}
          keyOf={({ place, code, message }) => `${place} ${code} ${message}`}
          columns={[
            {
              title: 'Severity',
              class: 'status',
              cell: ({ severity }) => <Badge tone={severity === 'error' ? 'bad' : 'warn'}>{severity}</Badge>,
            },
            {
              title: 'Place',
              class: 'mono place',
              cell: ({ place }) => <Outside text={place} limit={300} />,
            },
            {
              title: 'Problem',
              cell: ({ path, message }) => (
                <>
                  <Outside text={message} limit={800} />
                  {path !== '' && (
                    <span class="detail mono">
                      <Outside text={path} limit={300} />
                    </span>
                  )}
                </>
              ),
            },
          ]}
        />
      )}
    </Panel>
  );
}

const lines = (text: string): string => text.split('\n').map(readable).join('\n');

function Install({ install }: { readonly install: ConfigView['install'] }): JSX.Element {
  return (
    <Panel title="Gateway">
      <div class="sections">
        {Object.entries(install).map(([name, section]) => (
          <details key={name} open={name === 'entryPoints'}>
            <summary>{name}</summary>
            <pre tabIndex={0} aria-label={name}>
              {lines(toYaml(section))}
            </pre>
          </details>
        ))}
      </div>
    </Panel>
  );
}

function Middlewares({
  middlewares,
}: {
  readonly middlewares: ConfigView['http']['middlewares'];
}): JSX.Element {
  const entries = Object.entries(middlewares);
  return (
    <Panel title="Middlewares" aside={plural(entries.length, 'middleware')}>
      {entries.length === 0 && <p class="empty">No middlewares are loaded.</p>}
      <div class="sections">
        {entries.slice(0, shownMiddlewares).map(([name, options]) => (
          <details key={name}>
            <summary>
              <Outside text={name} /> <span class="detail">{Object.keys(options).join(', ')}</span>
            </summary>
            <pre tabIndex={0} aria-label={`Options of ${readable(name)}`}>
              {lines(toYaml(options))}
            </pre>
          </details>
        ))}
      </div>
      {entries.length > shownMiddlewares && (
        <p class="caption">The first {shownMiddlewares} are shown; the API has all of them.</p>
      )}
    </Panel>
  );
}
