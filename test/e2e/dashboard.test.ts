import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { dashboardFolder } from '../../packages/gateway/src/dashboard-folder.ts';
import type { PageOptions, WatchedPage } from './browser.testkit.ts';
import { findAccessibilityFaults, launchBrowser, openPage, widthBeyondWindow } from './browser.testkit.ts';
import { type DashboardServer, startDashboardServer } from './dashboard-api.testkit.ts';
import { createDashboardData, hostileClientID } from './dashboard-data.testkit.ts';

let browser: Browser;
let server: DashboardServer;
let empty: DashboardServer;

beforeAll(async () => {
  [browser, server, empty] = await Promise.all([
    launchBrowser(),
    startDashboardServer(createDashboardData(10_000, 100_000)),
    startDashboardServer(createDashboardData(0, 0)),
  ]);
});
afterAll(async () => {
  await browser.close();
  await Promise.all([server.stop(), empty.stop()]);
});

/** Opens a page, and closes it after the test, because the number of event streams is limited. */
const open = (url: string, options?: PageOptions): Promise<WatchedPage> => openPage(browser, url, options);
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

/** Each view, and a text that it shows when everything has been read. */
const views = [
  ['overview', '#/', 'partner.example.net'],
  ['routes', '#/routes', 'routes/team-3.yaml:14:9: expected'],
  ['route', '#/route?name=team-00001%40file', 'http://10.0.0.2:9000'],
  ['tokens', '#/tokens', '100,000 tokens'],
  ['refusals', '#/refusals', '200 refusals'],
  ['configuration', '#/configuration', 'routes/team-3.yaml:14:9'],
] as const;

const waitForText = (page: Page, text: string): Promise<void> => page.getByText(text).first().waitFor();

describe('the files of the dashboard', () => {
  it('take at most 60 KB, compressed', async () => {
    const names = (await readdir(dashboardFolder)).filter((name) => !name.endsWith('.txt'));
    const files = await Promise.all(names.map((name) => readFile(join(dashboardFolder, name))));
    const bytes = files.reduce((sum, file) => sum + gzipSync(file).length, 0);
    expect(bytes).toBeLessThan(60_000);
    // A limit that is far above the current size would prevent no growth.
    expect(bytes).toBeGreaterThan(15_000);
  });

  it('load from one origin, and are cached by browsers when their name contains a hash', async () => {
    const page = await fetch(server.url);
    expect(page.headers.get('cache-control')).toBe('no-cache');
    const [script] = /main-\w+\.js/.exec(await page.text())!;
    const asset = await fetch(new URL(script, server.url));
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    for (const { headers } of [page, asset]) {
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      );
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
    }
  });

  it('are served at the root and without the trailing slash, and only to read requests', async () => {
    for (const path of ['../', '../dashboard']) {
      const response = await fetch(new URL(path, server.url), { redirect: 'manual' });
      expect([response.status, response.headers.get('location')]).toEqual([302, 'dashboard/']);
      expect((await fetch(new URL(path, server.url))).url).toBe(server.url);
    }
    expect((await fetch(server.url, { method: 'POST' })).status).toBe(405);
    expect((await fetch(new URL('..%2f..%2fmain.js', server.url))).status).toBe(404);
    expect((await fetch(new URL('missing.js', server.url))).status).toBe(404);
  });
});

/** Goes to another view of the open page, as a link does. */
const show = (page: Page, fragment: string): Promise<unknown> =>
  page.evaluate(`location.hash = ${JSON.stringify(fragment)}`);

describe.each([
  { width: 1280, scheme: 'light' },
  { width: 390, scheme: 'dark' },
] as const)('the views, $width pixels wide and $scheme', (options) => {
  it('show everything without an error', async () => {
    const { page, faults } = await open(server.url, options);
    for (const [name, fragment, text] of views) {
      await show(page, fragment);
      await waitForText(page, text);
      expect([name, await widthBeyondWindow(page), await findAccessibilityFaults(page)]).toEqual([
        name,
        0,
        [],
      ]);
    }
    expect(faults).toEqual([]);
  });
});

describe('the cards of authorization servers', () => {
  it('describe the purpose of each endpoint', async () => {
    const { page } = await open(server.url);
    const card = page.getByRole('article').filter({ hasText: 'https://as.example.com/introspect' });
    expect(await card.textContent()).toMatch(/Introspection endpoint of auth@file.*Circuit breaker closed/);
    const keys = page.getByRole('article').filter({ hasText: 'https://as.example.com/jwks' });
    expect(await keys.textContent()).toMatch(/Key set.*4,071 requests, 12 failed(?!, 1 in flight)/);
    expect(await keys.textContent()).not.toContain('Circuit breaker');
  });
});

describe('the panels of the overview', () => {
  it('show since when a store is unavailable and why, which certificate ends next, and which circuit breakers are open', async () => {
    const { page } = await open(server.url);
    const away = page.getByRole('article').filter({ hasText: '10.1.0.1:26379' });
    expect(await away.textContent()).toMatch(
      /unavailable.*Redis Sentinel tokens, TLS for auth@file.*To 1 of 2 workers: unavailable for \d+ min.*requests.*no sentinel responds/,
    );
    const certificates = page.getByRole('region', { name: 'Certificates' }).getByRole('listitem');
    await certificates.first().waitFor();
    expect(await certificates.allTextContents()).toMatchObject([
      expect.stringMatching(/old.example.com.*expired.*Secret apps\/old-tls/),
      expect.stringMatching(/api.example.com.*9 days left.*Also .*On websecure.*\/etc\/grantgate/),
      ...Array.from({ length: 3 }, () => expect.stringContaining('api.example.com') as unknown),
    ]);
    const breakers = page.getByRole('region', { name: 'Circuit breakers' }).getByRole('listitem');
    expect(await breakers.allTextContents()).toMatchObject([
      expect.stringMatching(/limit@file.*open.*All requests are refused; some pass in \d+ \w+/),
      expect.stringMatching(/orders-breaker@file.*recovering.*it closes in/),
    ]);
  });
});

describe('the views of a gateway without routes', () => {
  it('explain what is missing', async () => {
    const { page } = await open(empty.url);
    for (const [fragment, text] of [
      ['#/', 'No request has been refused.'],
      ['#/', 'No middleware uses an authorization server.'],
      ['#/', 'No middleware uses a store'],
      ['#/', 'No entry point presents a certificate.'],
      ['#/', 'No middleware is a circuit breaker.'],
      ['#/routes', 'No routes are loaded.'],
      ['#/routes?search=x', 'No route matches these filters.'],
      ['#/route?name=gone%40file', 'router not found'],
      ['#/tokens', 'No tokens are cached: no client has sent a request yet.'],
      ['#/refusals', 'No request has been refused.'],
      ['#/configuration', 'No problems: the whole configuration is active.'],
    ] as const) {
      await show(page, fragment);
      await waitForText(page, text);
      expect(await widthBeyondWindow(page)).toBe(0);
    }
  });
});

describe('routes and tokens', () => {
  it('are shown in pages, and the URL contains page and filters', async () => {
    const { page } = await open(`${server.url}#/routes`);
    await waitForText(page, '1–50 of 10,000');
    expect(await page.locator('tbody tr').count()).toBe(50);
    await page.getByRole('button', { name: 'Next' }).click();
    await waitForText(page, '51–100 of 10,000');
    await page.getByRole('combobox', { name: 'Status' }).selectOption('disabled');
    await waitForText(page, '1 route');
    expect(page.url()).toBe(`${server.url}#/routes?status=disabled`);
    await page.reload();
    await waitForText(page, 'team-00003@file');
    expect(await page.locator('tbody tr').count()).toBe(1);
  });

  it('link to the steps of a request, and explain one request', async () => {
    const { page } = await open(`${server.url}#/routes`);
    await page.getByRole('link', { name: 'team-00001@file' }).click();
    await waitForText(page, 'http://10.0.0.1:9000');
    await waitForText(page, 'http://10.0.0.2:9000');
    // The focus moves to the new view.
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    const kinds = await page.locator('.path .kind').allTextContents();
    expect(kinds).toEqual([
      'Entry point',
      'Middleware, circuitBreaker',
      'Middleware, oAuthClientCredentials',
      'Service, failover',
      ...['Service, load balancer, first choice', 'Server'],
      ...['Service, load balancer, fallback', 'Server'],
    ]);
    await page.getByRole('button', { name: 'Explain' }).click();
    await waitForText(page, 'team-00001@file takes /team/1');
  });

  it('explain a request of any route', async () => {
    const { page } = await open(`${server.url}#/routes`);
    await page.getByText('Which route serves a request').click();
    await page.getByLabel('Entry point').selectOption('web');
    await page.getByLabel('Path and query').fill('/team/7');
    await page.getByRole('button', { name: 'Explain' }).click();
    await waitForText(page, 'team-00001@file takes /team/7');
    expect(await findAccessibilityFaults(page)).toEqual([]);
    expect(await widthBeyondWindow(page)).toBe(0);
  });

  it('are found by client among 100,000 credentials', async () => {
    const { page } = await open(`${server.url}#/tokens`);
    await waitForText(page, '1–50 of 100,000');
    await page.getByRole('searchbox').fill('client-99999');
    await waitForText(page, '1 token');
    const life = await page.getByRole('img').getAttribute('aria-label');
    expect(life).toMatch(/^obtained .+ ago, refreshed on use in .+, expires in /);
  });
});

describe('a hostile client ID', () => {
  it('is plain text in every view, and characters that change the text direction are spelled out', async () => {
    const { page, faults } = await open(server.url);
    for (const [fragment, text] of [
      ['#/', 'timed out'],
      ['#/tokens', '8,192 characters'],
      ['#/refusals', '8,192 characters'],
    ] as const) {
      await show(page, fragment);
      await waitForText(page, text);
      const shown = await page.locator('main').innerText();
      expect(shown).toContain('<script>document.title');
      expect(shown).not.toContain('\u202E');
      expect(await page.locator('main script, main img').count()).toBe(0);
      expect(await page.title()).toMatch(/· grantgate$/);
    }
    expect(faults).toEqual([]);
  });

  it('is one word of the curl command, with a placeholder for the secret', async () => {
    const { page } = await open(`${server.url}#/refusals`);
    await page.getByRole('button', { name: 'Copy as curl' }).nth(6).click();
    expect(await page.getByLabel('Command').innerText()).toBe(
      `curl -i -X POST --globoff --path-as-is -u $'${hostileClientID.replace('\u202E', String.raw`\u202e`)}:CLIENT_SECRET' https://api.example.com/team/1/6`,
    );
  });
});

describe('the stream of events', () => {
  it('updates the page, and stops while the page is paused', async () => {
    const { page } = await open(server.url);
    await waitForText(page, 'timed out');
    const { tokens } = createDashboardData(10_000, 0).overview;
    server.send('overview', { tokens: { ...tokens, cached: 4_242 } });
    await waitForText(page, '4,242');
    await page.getByRole('button', { name: 'Pause' }).click();
    await waitForText(page, 'Paused');
    await expect.poll(server.streams).toBe(0);
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByText('Live', { exact: true }).waitFor();
  });

  it('reconnects after a restart, and the page reports the gap meanwhile', async () => {
    const { page } = await open(`${empty.url}#/routes`);
    await page.getByText('Live', { exact: true }).waitFor();
    await empty.stop();
    await waitForText(page, 'Connection lost');
    await empty.start();
    await page.getByText('Live', { exact: true }).waitFor();
    expect(empty.streams()).toBe(1);
  });
});

describe('an API that requires a token', () => {
  it('is called with a token that the page keeps only in memory', async () => {
    empty.token = 'token-of-the-operator';
    const { page } = await open(`${empty.url}#/routes`);
    await page.getByLabel('Token').fill('another');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByLabel('Token').fill('token-of-the-operator');
    expect(await findAccessibilityFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Continue' }).click();
    await waitForText(page, 'No routes are loaded.');
    const kept = await page.evaluate(
      'JSON.stringify([location.href, { ...localStorage }, { ...sessionStorage }, document.cookie, history.state])',
    );
    expect(kept).not.toContain('token-of-the-operator');
    await page.reload();
    await page.getByLabel('Token').waitFor();
    empty.token = undefined;
  });
});
