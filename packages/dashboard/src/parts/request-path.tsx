import type { ComponentChildren, JSX } from 'preact';
import type {
  MiddlewareView,
  RouterView,
  ServiceView,
  TokenMiddlewareView,
} from '../../../gateway/src/admin/api/shapes.ts';
import { useLive, useRefresh, useResource } from '../dashboard.tsx';
import { formatCount, plural } from '../text.ts';
import { CircuitBadge } from './circuit-breakers.tsx';
import { Badge, Outside, Problems, resourcePath, StatusBadge } from './common.tsx';

const refreshMs = 2_000;

/** The path of a request from entry point to server, as a line with one stop per step. */
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
  const circuit = useLive().overview?.circuitBreakers.refusing.find(({ middleware }) => middleware === name);
  return (
    <Stop
      kind={`Middleware${value ? `, ${kindOf(value)}` : ''}`}
      name={name}
      badge={
        <>
          {value && value.status !== 'enabled' && <StatusBadge status={value.status} />}
          {value?.circuit && <CircuitBadge state={circuit?.state ?? 'closed'} />}
        </>
      }
      class={value?.status === 'disabled' || circuit?.state === 'open' ? 'broken' : 'middleware'}
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

/** Name of the kind in the spelling of configurations; the API returns it in lower case, as Traefik does. */
function kindOf(middleware: MiddlewareView): string {
  const { plugin, type } = middleware as MiddlewareView & { readonly plugin?: object };
  return Object.keys(plugin ?? middleware).find((name) => name.toLowerCase() === type) ?? type;
}

interface ServiceStopsProps {
  readonly name: string;
  readonly version: number;
  /** Its share in the service above it. */
  readonly role?: string;
  readonly depth?: number;
}

const serviceKinds = { loadbalancer: 'load balancer', weighted: 'weighted', failover: 'failover' } as const;
/** Maximum nesting of services to follow, and maximum number of children of each. */
const maxDepth = 4;
const maxChildren = 20;

function ServiceStops({ name, version, role, depth = 0 }: ServiceStopsProps): JSX.Element {
  const refresh = useRefresh(refreshMs);
  const { value } = useResource<ServiceView>(resourcePath('services', name), {}, `${version} ${refresh}`);
  const children = value === undefined || depth >= maxDepth ? [] : toChildren(value);
  return (
    <>
      <Stop
        kind={['Service', ...(value ? [serviceKinds[value.type]] : []), ...(role ? [role] : [])].join(', ')}
        name={name}
        badge={value && value.status !== 'enabled' && <StatusBadge status={value.status} />}
        class={value?.status === 'disabled' ? 'broken' : undefined}
      >
        {value?.error && value.error.length > 0 && <Problems texts={value.error} />}
      </Stop>
      {value && <ServerStops service={value} />}
      {children.slice(0, maxChildren).map((child) => (
        <ServiceStops key={child.name} {...child} version={version} depth={depth + 1} />
      ))}
      {children.length > maxChildren && (
        <Stop kind="Service" name={`and ${formatCount(children.length - maxChildren)} more`} />
      )}
    </>
  );
}

const toChildren = ({
  weighted,
  failover,
}: ServiceView): readonly Pick<Required<ServiceStopsProps>, 'name' | 'role'>[] => [
  ...(weighted?.services.map(({ name, weight }) => ({ name, role: `weight ${weight}` })) ?? []),
  ...(failover
    ? [
        { name: failover.service, role: 'first choice' },
        { name: failover.fallback, role: 'fallback' },
      ]
    : []),
];

function ServerStops({ service }: { readonly service: ServiceView }): JSX.Element {
  const servers = service.loadBalancer?.servers ?? [];
  return (
    <>
      {servers.slice(0, 50).map(({ url, weight }) => (
        <Stop
          key={url}
          kind="Server"
          name={url}
          class="server"
          badge={
            <Badge tone={service.serverStatus?.[url] === 'DOWN' ? 'bad' : 'good'}>
              {service.serverStatus?.[url] === 'DOWN' ? 'down' : 'up'}
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
