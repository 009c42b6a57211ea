import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { DashboardClient, ApiParameters } from './api/client.ts';
import type { Live, LiveState } from './live/live.ts';
import type { ViewLocation } from './view-location.ts';
import { formatViewLocation, parseViewLocation } from './view-location.ts';

/** Properties of every view. */
export interface Dashboard {
  readonly client: DashboardClient;
  readonly live: Live;
}

const DashboardContext = createContext<Dashboard | undefined>(undefined);
export const DashboardProvider = DashboardContext.Provider;

export function useDashboard(): Dashboard {
  const dashboard = useContext(DashboardContext);
  if (dashboard === undefined) throw new Error('a view is rendered outside of the dashboard');
  return dashboard;
}

export function useLive(): LiveState {
  const { live } = useDashboard();
  const [state, setState] = useState(live.state());
  useEffect(() => {
    setState(live.state());
    return live.subscribe(() => setState(live.state()));
  }, [live]);
  return state;
}

/** The time on the gateway's clock, in milliseconds; renders again as it passes. */
export function useNow(everyMs = 1_000): number {
  const { client, live } = useDashboard();
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      if (live.state().connection !== 'paused') setNow(Date.now());
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs, live]);
  return now + client.clockOffset();
}

/** A resource of the API, and the outcome of the last request for it. */
export interface DashboardResource<T> {
  readonly value: T | undefined;
  readonly total: number;
  /** Status and message of the last request, when it failed. */
  readonly failure: { readonly status: number; readonly message: string } | undefined;
}

/** Reads a resource; reads it again when its path, a parameter or `version` changes. The previous value stays until then. */
export function useResource<T>(
  path: string | undefined,
  parameters: ApiParameters,
  version: number | string,
): DashboardResource<T> {
  const { client } = useDashboard();
  const key = `${path ?? ''}?${JSON.stringify(parameters)}`;
  const [resource, setResource] = useState<DashboardResource<T> & { readonly path: string | undefined }>({
    value: undefined,
    total: 0,
    failure: undefined,
    path,
  });
  useEffect(() => {
    if (path === undefined) return undefined;
    const controller = new AbortController();
    void client.get<T>(path, parameters, controller.signal).then((result) => {
      if (controller.signal.aborted) return;
      setResource((before) =>
        result.ok
          ? { value: result.value, total: result.total, failure: undefined, path }
          : { ...(before.path === path ? before : { value: undefined, total: 0, path }), failure: result },
      );
    });
    return () => controller.abort();
  }, [key, version, client]);
  return resource;
}

/** Increases at intervals while the page is visible and not paused. */
export function useRefresh(everyMs: number): number {
  const { live } = useDashboard();
  const [count, setCount] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden && live.state().connection === 'live') setCount((before) => before + 1);
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs, live]);
  return count;
}

/** The view and its filters, which are part of the URL. */
export function useViewLocation(): ViewLocation {
  const [location, setLocation] = useState(parseViewLocation(window.location.hash));
  useEffect(() => {
    const read = (): void => setLocation(parseViewLocation(window.location.hash));
    window.addEventListener('hashchange', read);
    return () => window.removeEventListener('hashchange', read);
  }, []);
  return location;
}

/** Changes filters of the view in the URL, without a history entry for each typed letter. */
export function changeParameters(location: ViewLocation, change: Readonly<Record<string, string>>): void {
  const parameters = { ...location.parameters, ...change };
  window.history.replaceState(null, '', formatViewLocation({ ...location, parameters }));
  window.dispatchEvent(new HashChangeEvent('hashchange'));
}
