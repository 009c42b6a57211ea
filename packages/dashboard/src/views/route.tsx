import type { JSX } from 'preact';
import type { RouterView } from '../../../gateway/src/admin/api/shapes.ts';
import { useLive, useRefresh, useResource } from '../dashboard.tsx';
import { Missing, Outside, Panel, Problems, resourcePath, StatusBadge } from '../parts/common.tsx';
import { ExplainForm } from '../parts/explain.tsx';
import { RequestPath } from '../parts/request-path.tsx';
import { RouteFigures } from '../parts/route-figures.tsx';
import type { ViewLocation } from '../view-location.ts';

const refreshMs = 2_000;

export function RouteView({ location }: { readonly location: ViewLocation }): JSX.Element {
  const { name = '' } = location.parameters;
  const { configuration } = useLive();
  const refresh = useRefresh(refreshMs);
  const resource = useResource<RouterView>(
    name === '' ? undefined : resourcePath('routers', name),
    {},
    `${configuration} ${refresh}`,
  );
  const router = resource.value;
  return (
    <>
      <p class="back">
        <a href="#/routes">Routes</a>
      </p>
      <h1>
        <Outside text={name} />
      </h1>
      {router === undefined ? (
        <Missing resource={resource} />
      ) : (
        <>
          <div class="rule-line">
            <StatusBadge status={router.status} />
            <code>
              <Outside text={router.rule} limit={2_000} />
            </code>
          </div>
          <p class="caption">
            Priority {router.priority}, from {router.provider}
            {router.place !== undefined && (
              <>
                {', '}
                <span class="mono">
                  <Outside text={router.place} />
                </span>
              </>
            )}
          </p>
          {router.error !== undefined && router.error.length > 0 && <Problems texts={router.error} />}
          {router.figures && <RouteFigures figures={router.figures} />}
          <div class="split">
            <Panel title="Path of a request">
              <RequestPath router={router} version={configuration} />
            </Panel>
            <Panel title="Would this request match?">
              <ExplainForm router={router} entryPoints={router.using} />
            </Panel>
          </div>
        </>
      )}
    </>
  );
}
