import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readVersion } from '../../packages/gateway/src/version.ts';
import { findAccessibilityFaults, launchBrowser, openPage } from './browser.testkit.ts';
import { startOperatorStage, type OperatorStage } from './operator-stage.testkit.ts';

let stage: OperatorStage;
let browser: Browser;
let page: Page;
let faults: readonly string[];
beforeAll(async () => {
  [stage, browser] = await Promise.all([startOperatorStage(), launchBrowser()]);
  ({ page, faults } = await openPage(browser, `${stage.adminUrl}/dashboard/`));
});
afterAll(async () => {
  await browser.close();
  await stage.close();
});

const read = (path: string): Promise<unknown> => stage.read(path);
const some = (part: object): unknown => expect.objectContaining(part);
const like = (pattern: RegExp): unknown => expect.stringMatching(pattern);

/** Waits until a response of the API contains this. */
const untilRead = (path: string, expected: unknown): Promise<void> =>
  expect.poll(() => read(path), { timeout: 20_000 }).toEqual(expected);

describe('from the API alone, an operator learns', () => {
  it('which version runs, whether it is ready, and which worker restarted, when and why', async () => {
    expect(await read('/api/version')).toMatchObject({ Version: readVersion(), workers: 2 });
    const processes = [
      some({ worker: 1, crashes: 0, lastCrash: null }),
      some({ worker: 2, crashes: 1, lastCrash: { at: like(/Z$/), reason: 'SIGKILL' } }),
    ];
    expect(await read('/api/overview')).toMatchObject({ ready: true, workers: { replied: 2, processes } });
  });

  it('which routes are loaded, and which are broken, why and where', async () => {
    expect(await read('/api/http/routers?status=disabled')).toEqual([
      some({
        name: 'typo@file',
        error: [like(/routes\.yaml:1:\d+: unknown function Hots: did you mean Host\?$/)],
      }),
    ]);
    const routers = (await read('/api/http/routers')) as { readonly name: string }[];
    expect(routers.map(({ name }) => name)).toContain('exchanged@file');
    expect(routers).toHaveLength(8);
  });

  it('which tokens are cached, until when, and when they are refreshed', async () => {
    const token = { obtainedAt: like(/Z$/), expiresAt: like(/Z$/), refreshAt: like(/Z$/) };
    const tokens = await read('/api/tokens');
    expect(tokens).toContainEqual(some({ clientID: 'orders', middlewares: ['callers@file'], ...token }));
    const valid = { expiresAt: like(/Z$/), credentials: 1 };
    const callers = await read('/api/callers');
    for (const [middleware, clientID] of [
      ['signed@file', 'ada'],
      ['opaque@file', 'orders'],
      ['exchanged@file', 'orders'],
    ])
      expect(callers).toContainEqual(some({ clientID, middlewares: [middleware], refused: 0, ...valid }));
    expect(callers).toContainEqual(
      some({ clientID: 'bob', middlewares: ['signed@file'], refused: 1, ...valid }),
    );
  });

  it('whether authorization servers are healthy, and their last failure', async () => {
    const servers = await read('/api/authorization-servers');
    expect(servers).toContainEqual(
      some({
        ...{ middlewares: ['failing@file'], status: 'failing' },
        lastFailure: { at: like(/Z$/), reason: 'unavailable', detail: like(/503/), clientID: 'gateway' },
      }),
    );
    for (const use of ['token', 'introspection'])
      expect(servers).toContainEqual(some({ use, status: 'healthy', lastSuccess: like(/Z$/) }));
  });

  it('which client was refused, where, and by which condition', async () => {
    const refusals = await read('/api/requests/recent');
    const https = { scheme: 'https', entryPoint: 'websecure' };
    for (const refusal of [
      { router: 'signed@file', clientID: 'bob', reason: like(/^Equals\(`team`, `red`\) is false/), ...https },
      { router: 'opaque@file', code: 'token_invalid', middleware: 'opaque@file', ...https },
      { router: 'keyed@file', code: 'credentials_refused', middleware: 'keyed@file', ...https },
      { router: 'failing@file', code: 'authorization_server_unavailable', status: 503, ...https },
    ])
      expect(refusals).toContainEqual(some(refusal));
  });

  it('which configuration is active, without its secrets', async () => {
    const config = await read('/api/config');
    expect(config).toMatchObject({
      install: { entryPoints: { websecure: { asDefault: true, http2: some({}) } }, workers: 2 },
      http: { middlewares: { 'signed@file': { plugin: { jwt: { signingSecret: '[redacted]' } } } } },
    });
    expect(config).toMatchObject({
      problems: [{ place: like(/routes\.yaml:1:\d+/), severity: 'error' }, { severity: 'warning' }, some({})],
    });
  });

  it('which router a URL gets and why not another, and the servers behind failover and weights', async () => {
    const query = 'method=GET&scheme=https&host=api.example.com&path=/orders/7&entryPoint=websecure';
    expect(await read(`/api/explain?${query}`)).toMatchObject({
      results: [
        {
          ...{ outcome: 'matched', router: { name: 'orders@file', service: 'weighted@file' } },
          others: expect.arrayContaining([
            some({ name: 'keyed@file', reason: 'PathPrefix(`/keyed`) is false: the path is /orders/7' }),
          ]) as unknown,
        },
      ],
    });
    expect(await read('/api/http/services/weighted')).toMatchObject({
      weighted: { services: [{ name: 'pair@file', weight: 9 }, { name: 'echo@file', weight: 1 }] },
    });
    await untilRead('/api/http/services/near', some({ serverStatus: { 'http://127.0.0.1:1': 'DOWN' } }));
  }); // prettier-ignore

  it('whether the store is available, otherwise since when and why', async () => {
    const away = { status: 'unavailable', since: like(/Z$/), reason: like(/connection/), middlewares: ['callers@file'] };
    await expect
      .poll(() => read('/api/stores'), { timeout: 20_000 })
      .toMatchObject([{ ...away, workers: { total: 2 } }, { name: 'workers', status: 'available' }]);
  }); // prettier-ignore

  it('which certificate expires next, when, and who presents it', async () => {
    expect(await read('/api/certificates')).toEqual([
      some({
        ...{ commonName: 'soon.example.com', status: 'expiring', daysLeft: 8, entryPoints: ['websecure'] },
        ...{ origin: like(/1\.pem$/), issuer: 'Soon CA', notAfter: like(/Z$/) },
      }),
      some({ commonName: 'api.example.com', status: 'valid', names: ['127.0.0.1'] }),
    ]);
    expect(stage.served.logged('certificate expires soon')).toMatchObject([{ worker: 1, daysLeft: 8 }]);
  });

  it('whether circuit breakers are open, and until when', async () => {
    const circuit = some({ state: 'open', until: like(/Z$/) });
    expect(await read('/api/http/middlewares?type=circuitbreaker')).toEqual([
      some({ name: 'breaker@file', circuit }),
    ]);
    expect(await read('/api/http/services/gone')).toMatchObject({ circuits: { 'breaker@file': circuit } });
  });

  it('what requests got, on each entry point and route', async () => {
    expect(await read('/api/http/routers/signed')).toMatchObject({
      figures: { refused: 1, byCode: { claims_not_satisfied: 1 } },
    });
    expect(await read('/api/entrypoints/websecure')).toMatchObject({ tls: some({}), http2: some({}) });
  });
});

const region = (name: string): Locator => page.getByRole('region', { name, exact: true });
const show = async (view: string): Promise<void> =>
  page.getByRole('link', { name: view, exact: true }).click();
/** Waits until the text of an element matches. */
const untilText = (locator: Locator, pattern: RegExp): Promise<void> =>
  expect.poll(async () => (await locator.allInnerTexts()).join('\n'), { timeout: 20_000 }).toMatch(pattern);

describe('from the dashboard alone, an operator learns', () => {
  it('which version runs, whether it is ready, and which worker restarted, when and why', async () => {
    await show('Overview');
    const facts = page.locator('.facts');
    await untilText(facts, new RegExp(`ready\\s+${readVersion()}, up`));
    await untilText(facts, /all reply, worker 2 restarted .+ ago \(SIGKILL\)/);
  });

  it('which routes are loaded, and which are broken, why and where', async () => {
    await page.getByRole('link', { name: '1 route broken' }).click();
    await untilText(page.locator('main'), /typo@file[^]*routes\.yaml:1:\d+: unknown function Hots: did you mean Host/);
  }); // prettier-ignore

  it('which tokens are cached, until when, and when they are refreshed', async () => {
    await show('Tokens');
    const row = page.getByRole('row').filter({ hasText: 'callers@file' });
    await untilText(row, /orders[^]*expires in \d+ min[^]*refreshed on use in/);
    const callers = region('Verified callers').getByRole('row');
    await untilText(callers.filter({ hasText: 'exchanged@file' }), /orders[^]*in \d+ min[^]*passes/);
    await untilText(callers.filter({ hasText: 'bob' }), /signed@file[^]*in \d+ min[^]*refused/);
  });

  it('whether authorization servers are healthy, and their last failure', async () => {
    await show('Overview');
    const cards = region('Authorization servers').getByRole('article');
    await untilText(
      cards.filter({ hasText: 'failing@file' }),
      /failing[^]*Last failure .+ ago: could not be reached for client gateway[^]*503/,
    );
    await untilText(cards.filter({ hasText: 'opaque@file' }), /healthy[^]*Introspection endpoint/);
  });

  it('which client was refused, where, and by which condition', async () => {
    await show('Refusals');
    const entry = (text: string): Locator => page.locator('.refusals > li').filter({ hasText: text });
    await untilText(entry('signed@file'), /403[^]*Equals\(`team`, `red`\) is false[^]*bob/);
    await entry('signed@file').getByRole('button', { name: 'Copy as curl' }).click();
    await untilText(entry('signed@file').getByLabel('Command'), /-H 'Authorization: Bearer TOKEN'/);
    await untilText(entry('opaque@file'), /401[^]*token_invalid/);
    await untilText(entry('keyed@file'), /401[^]*credentials_refused/);
  });

  it('which configuration is active, without its secrets', async () => {
    await show('Configuration');
    await untilText(page.getByLabel('entryPoints'), /websecure:[^]*http2/);
    await page.getByText('signed@file', { exact: true }).click();
    await untilText(page.getByLabel('Options of signed@file'), /signingSecret: "?\[redacted\]/);
  });

  it('which router a URL gets and why not another, and the servers behind failover and weights', async () => {
    await show('Routes');
    await page.getByText('Which route serves a request').click();
    await page.getByLabel('Entry point').selectOption('websecure');
    await page.getByLabel('Path and query').fill('/orders/7');
    await page.getByRole('button', { name: 'Explain' }).click();
    await untilText(page.getByLabel('Entry point websecure'), /orders@file[^]*keyed@file: PathPrefix\(`\/keyed`\) is false/);
    await page.getByRole('link', { name: 'orders@file' }).click();
    await untilText(
      page.locator('.path'),
      /weighted@file[^]*weight 9[^]*pair@file[^]*first choice[^]*near@file[^]*127.0.0.1:1[^]*down[^]*fallback[^]*echo@file[^]*up/,
    );
  }); // prettier-ignore

  it('whether the store is available, otherwise since when and why', async () => {
    await show('Overview');
    const stores = region('Stores').getByRole('article');
    await untilText(
      stores,
      /unavailable[^]*Redis for callers@file[^]*navailable for \d+ (?:s|min)[^]*connection/,
    );
    await untilText(stores, /Memory of this gateway[^]*available/);
  });

  it('which certificate expires next, when, and who presents it', async () => {
    await untilText(
      region('Certificates').getByRole('listitem').first(),
      /soon.example.com[^]*8 days left[^]*On websecure. Until \d{4}-\d\d-\d\d, from Soon CA[^]*1\.pem/,
    );
  });

  it('whether circuit breakers are open, and until when', async () => {
    await untilText(
      region('Circuit breakers'),
      /breaker@file[^]*open[^]*All requests are refused; some pass in/,
    );
    await page.goto(`${stage.adminUrl}/dashboard/#/route?name=flaky%40file`);
    await untilText(page.locator('.path'), /circuitBreaker[^]*breaker@file[^]*open[^]*gone@file/);
  });

  it('what requests got, on each route, without a fault of the page', async () => {
    await page.goto(`${stage.adminUrl}/dashboard/#/route?name=signed%40file`);
    await untilText(page.locator('main'), /claims not satisfied 1[^]*Responses by status[^]*200[^]*403/);
    expect(await findAccessibilityFaults(page)).toEqual([]);
    expect(faults).toEqual([]);
  });
});
