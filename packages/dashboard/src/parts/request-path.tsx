import type { ComponentChildren, JSX } from 'preact';
import type {
  MiddlewareView,
  RouterView,
  ServiceView,
  TokenMiddlewareView,
} from '../../../gateway/src/admin/api/shapes.ts';
import { useLive, useRefresh, useResource } from '../dashboard.tsx';
import { formatCount, plural } from '../text.ts';
import { Badge, Outside, Problems, resourcePath, StatusBadge } from './common.tsx';

const refreshMs = 2_000;

/** The way of a request, from entry point to server, as a line with one stop for each step. */
export function RequestPath(props: { readonly router: RouterView; readonly version: number }): JSX.Element {
  const { router, version } = props;
  const { overview } = useLive();
  const tokens = useResource<readonly TokenMiddlewareView[]>('tokens/middlewares', {}, useRefresh(refreshMs));
  const steps = router.steps ?? router.middlewares ?? [];
  return (
    <ol class="path">
      {router.using.map((name) => (
        <Stop key={`entry ${name}`} kind="Entry point" name={name}>
          {overview && plural(overview.connections[name] ?? 0, 'open connection')}
        </Stop>
      ))}
      {steps.map((name) => (
        <MiddlewareStop
          key={name}
          name={name}
          version={version}
          figures={tokens.value?.find(({ middleware }) => middleware === name)}
        />
      ))}
      <ServiceStops name={router.service} version={version} />
    </ol>
  );
}

function Stop(props: {
  readonly kind: string;
  readonly name: string;
  readonly badge?: ComponentChildren;
  readonly class?: string | undefined;
  readonly children?: ComponentChildren;
}): JSX.Element {
  return (
    <li class={props.class}>
      <span class="kind">{props.kind}</span>
      <span class="stop-name">
        <Outside text={props.name} />
        {props.badge}
      </span>
      {props.children !== undefined && <div class="detail">{props.children}</div>}
    </li>
  );
}

function MiddlewareStop(props: {
  readonly name: string;
  readonly version: number;
  readonly figures: TokenMiddlewareView | undefined;
}): JSX.Element {
  const { name, version, figures } = props;
  const { value } = useResource<MiddlewareView>(resourcePath('middlewares', name), {}, version);
  return (
    <Stop
      kind={`Middleware${value ? `, ${value.type}` : ''}`}
      name={name}
      badge={value && value.status !== 'enabled' && <StatusBadge status={value.status} />}
      class={value?.status === 'disabled' ? 'broken' : 'middleware'}
    >
      {value?.error && value.error.length > 0 && <Problems texts={value.error} />}
      {figures && (
        <>
          {plural(figures.cached, 'token')} cached · from memory {formatCount(figures.memory)}, store{' '}
          {formatCount(figures.store)}, authorization server {formatCount(figures.authorizationServer)}
          {figures.failingRenewals > 0 && (
            <Badge tone="bad">{plural(figures.failingRenewals, 'renewal')} failing</Badge>
          )}
        </>
      )}
    </Stop>
  );
}

function ServiceStops({ name, version }: { readonly name: string; readonly version: number }): JSX.Element {
  const refresh = useRefresh(refreshMs);
  const { value } = useResource<ServiceView>(resourcePath('services', name), {}, `${version} ${refresh}`);
  const servers = value?.loadBalancer?.servers ?? [];
  const children = [
    ...(value?.weighted?.services.map((child) => `${child.name} (weight ${child.weight})`) ?? []),
    ...(value?.failover ? [value.failover.service, `${value.failover.fallback} (fallback)`] : []),
  ];
  return (
    <>
      <Stop
        kind={`Service${value ? `, ${value.type}` : ''}`}
        name={name}
        badge={value && value.status !== 'enabled' && <StatusBadge status={value.status} />}
        class={value?.status === 'disabled' ? 'broken' : undefined}
      >
        {value?.error && value.error.length > 0 && <Problems texts={value.error} />}
        {children.length > 0 && <Outside text={children.join(', ')} limit={400} />}
      </Stop>
      {servers.slice(0, 50).map(({ url, weight }) => (
        <Stop
          key={url}
          kind="Server"
          name={url}
          class="server"
          badge={
            <Badge tone={value?.serverStatus?.[url] === 'DOWN' ? 'bad' : 'good'}>
              {value?.serverStatus?.[url] === 'DOWN' ? 'down' : 'up'}
            </Badge>
          }
        >
          {servers.length > 1 && `weight ${weight}`}
        </Stop>
      ))}
      {servers.length > 50 && <Stop kind="Server" name={`and ${formatCount(servers.length - 50)} more`} />}
    </>
  );
}
