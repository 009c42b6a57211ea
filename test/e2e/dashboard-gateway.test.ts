import { findFreePort } from '@grantgate/demo/local-server';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { launchBrowser, openPage, widthBeyondWindow } from './browser.testkit.ts';
import { type Serving, serve, untilServing } from './workers.testkit.ts';

// The built command, with two workers, and its dashboard in a browser.
let browser: Browser;
let authorizationServer: Awaited<ReturnType<typeof startAuthorizationServer>>;
let serving: Serving;
let dashboard = '';

const count = 1_000;
const routers = Object.fromEntries(
  Array.from({ length: count }, (_, index) => [
    `team-${index}`,
    { rule: `PathPrefix(\`/team/${index}/\`)`, middlewares: ['auth'], service: 'orders' },
  ]),
);

beforeAll(async () => {
  const clients = [{ clientId: 'orders', clientSecret: 'orders-secret', claims: { grp: 'guest' } }];
  authorizationServer = await startAuthorizationServer({ clients });
  const install = {
    // Its own port, which stays the same when all workers restart.
    entryPoints: {
      web: { address: '127.0.0.1:0' },
      admin: { address: `127.0.0.1:${await findFreePort(0)}` },
    },
    api: { basePath: '/gate' },
    workers: 2,
  };
  const claims = 'Equals(`grp`, `admin`)';
  const routes = {
    http: {
      routers,
      middlewares: { auth: { plugin: { oAuthClientCredentials: { url: authorizationServer.url, claims } } } },
      services: { orders: { loadBalancer: { servers: [{ url: 'http://127.0.0.1:1' }] } } },
    },
  };
  [browser, serving] = await Promise.all([launchBrowser(), untilServing(serve(install, routes))]);
  const port = serving.logged('listening').find(({ entryPoint }) => entryPoint === 'admin')?.port ?? 0;
  dashboard = `http://127.0.0.1:${port}/gate/dashboard/`;
});
afterAll(async () => {
  await browser.close();
  serving.close();
  await authorizationServer.close();
});

describe('the dashboard of a gateway with two workers', () => {
  it('shows who is refused, why, the token and the route, without an error in the browser', async () => {
    const { page, faults } = await openPage(browser, dashboard);
    await page.getByText('1,000').waitFor();
    const authorization = `Basic ${Buffer.from('orders:orders-secret').toString('base64')}`;
    const { status } = await fetch(`${serving.url}/team/7/list`, { headers: { authorization } });
    expect(status).toBe(403);
    // Received through the stream of events.
    await page.getByRole('link', { name: 'claims not satisfied' }).click();
    await page.getByText('Equals(`grp`, `admin`) is false').waitFor();
    await page.getByRole('button', { name: 'Copy as curl' }).click();
    expect(await page.getByLabel('Command').innerText()).toBe(
      `curl -i --globoff --path-as-is -u orders:CLIENT_SECRET ${serving.url}/team/7/list`,
    );
    await page.getByRole('link', { name: 'team-7@file' }).click();
    await page.getByText('1 token cached').waitFor();
    await page.getByLabel('Path and query').fill('/team/8/list');
    await page.getByRole('button', { name: 'Explain' }).click();
    await page.getByText('another route:').waitFor();
    await page.getByRole('link', { name: 'Tokens' }).click();
    await page.getByText('1 token', { exact: true }).waitFor();
    expect(await page.locator('main').innerText()).toContain('grp');
    await page.getByRole('link', { name: 'Configuration' }).click();
    await page.getByText('No problems: the whole configuration is active.').waitFor();
    expect(await widthBeyondWindow(page)).toBe(0);
    const shown = await page.content();
    expect(shown).not.toContain('orders-secret');
    expect(faults).toEqual([]);
    await page.close();
  });

  it('keeps working after all workers are killed', async () => {
    const { page } = await openPage(browser, `${dashboard}#/routes`);
    await page.getByText('Live', { exact: true }).waitFor();
    for (const { pid = 0 } of serving.logged('worker ready')) process.kill(pid, 'SIGKILL');
    await page.getByText('Connection lost').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('searchbox').fill('team-999');
    await page.getByText('1 route', { exact: true }).waitFor();
    expect(await page.locator('tbody tr').count()).toBe(1);
  });
});
