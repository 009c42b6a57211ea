import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useDashboard, useLive, useViewLocation } from './dashboard.tsx';
import { TokenForm } from './parts/token-form.tsx';
import type { ViewLocation, ViewName } from './view-location.ts';
import { formatViewLocation } from './view-location.ts';
import { ConfigurationView } from './views/configuration.tsx';
import { OverviewView } from './views/overview.tsx';
import { RefusalsView } from './views/refusals.tsx';
import { RouteView } from './views/route.tsx';
import { RoutesView } from './views/routes.tsx';
import { TokensView } from './views/tokens.tsx';

const titles: Readonly<Record<ViewName, string>> = {
  overview: 'Overview',
  routes: 'Routes',
  route: 'Route',
  tokens: 'Tokens',
  refusals: 'Refusals',
  configuration: 'Configuration',
};
const views: Readonly<Record<ViewName, (props: { readonly location: ViewLocation }) => JSX.Element>> = {
  overview: OverviewView,
  routes: RoutesView,
  route: RouteView,
  tokens: TokensView,
  refusals: RefusalsView,
  configuration: ConfigurationView,
};

export function App(): JSX.Element {
  const location = useViewLocation();
  const { connection } = useLive();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const View = views[location.view];
  const name = location.parameters['name'];
  useEffect(() => {
    document.title = `${name ?? titles[location.view]} · grantgate`;
    // Makes a screen reader announce the new view like a new page.
    if (!first.current) main.current?.focus();
    first.current = false;
  }, [location.view, name]);
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => focusMain(event, main.current)}>
        Skip to content
      </a>
      <header class="top">
        <a class="brand" href="#/">
          <Logo />
          grantgate
        </a>
        <nav aria-label="Views">
          {(['overview', 'routes', 'tokens', 'refusals', 'configuration'] as const).map((view) => (
            <a
              key={view}
              href={formatViewLocation({ view, parameters: {} })}
              aria-current={isCurrent(location.view, view) ? 'page' : undefined}
            >
              {titles[view]}
            </a>
          ))}
        </nav>
        <Connection />
      </header>
      <main ref={main} id="main" tabIndex={-1}>
        {connection === 'waiting' ? (
          <TokenForm />
        ) : (
          <View key={location.view + (name ?? '')} location={location} />
        )}
      </main>
    </>
  );
}

const isCurrent = (shown: ViewName, view: ViewName): boolean =>
  shown === view || (shown === 'route' && view === 'routes');

function focusMain(event: Event, main: HTMLElement | null): void {
  event.preventDefault();
  main?.focus();
}

const connectionTexts = {
  connecting: 'Connecting',
  live: 'Live',
  lost: 'Connection lost, retrying',
  paused: 'Paused',
  waiting: 'Token needed',
} as const;

function Connection(): JSX.Element {
  const { live } = useDashboard();
  const { connection } = useLive();
  const paused = connection === 'paused';
  return (
    <div class="connection">
      <span role="status" class={`state ${connection}`}>
        {connectionTexts[connection]}
      </span>
      {connection !== 'waiting' && (
        <button type="button" class="quiet" onClick={paused ? live.connect : live.pause}>
          {paused ? 'Resume' : 'Pause'}
        </button>
      )}
    </div>
  );
}

function Logo(): JSX.Element {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M8 25V15a8 8 0 0 1 16 0v10M13 25v-9.5a3 3 0 0 1 6 0V25" />
    </svg>
  );
}
