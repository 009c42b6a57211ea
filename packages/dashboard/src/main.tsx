import { render } from 'preact';
import { createApiClient } from './api/client.ts';
import { App } from './app.tsx';
import { DashboardProvider } from './dashboard.tsx';
import { createLive, type Live } from './live/live.ts';

// `/dashboard/` and `/api/` are siblings below `api.basePath`.
const unauthorized = (): void => live.waitForToken();
const client = createApiClient(new URL('../api/', document.baseURI), unauthorized);
const live: Live = createLive(client);

render(
  <DashboardProvider value={{ client, live }}>
    <App />
  </DashboardProvider>,
  document.body,
);
live.connect();
