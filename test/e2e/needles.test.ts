import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resources } from '../../packages/gateway/src/admin/api/resources.ts';
import { createTestIo } from '../../packages/gateway/src/cli/io.testkit.ts';
import { run } from '../../packages/gateway/src/cli/run.ts';
import { launchBrowser, openPage } from './browser.testkit.ts';
import { startNeedlesStage, type NeedlesStage } from './needles-stage.testkit.ts';

let stage: NeedlesStage;
let browser: Browser;
let admin = '';
beforeAll(async () => {
  [stage, browser] = await Promise.all([startNeedlesStage(), launchBrowser()]);
  admin = stage.gateway.urlOf('admin');
  await stage.exercise();
});
afterAll(async () => {
  await browser.close();
  await stage.close();
});

/** Expects that a text contains something, and that it contains no secret. */
function expectClean(text: string, ...words: readonly string[]): void {
  expect(stage.needles.findIn(text)).toEqual([]);
  for (const word of words) expect(text).toContain(word);
}

describe('more than 51 secrets that a gateway, its callers and its servers have', () => {
  it('are distinct, and found where they are', () => {
    const { needles } = stage;
    expect(needles.size()).toBeGreaterThan(51);
    const secret = needles.plant('secret of this test');
    const basic = Buffer.from(`ada:${secret}`).toString('base64');
    for (const text of [`?token=${secret}&`, `Basic ${basic}`])
      expect(needles.findIn(text)).toEqual(['secret of this test']);
  });

  it('are in no response of the API', async () => {
    let all = '';
    for (const { path } of resources) {
      const name = path.includes('middlewares') ? 'callers@file' : path.includes('entry') ? 'web' : 'echo@file';
      const response = await fetch(`${admin}${path.replace('{name}', path.includes('routers') ? 'callers@file' : name)}?per_page=1000`);
      expect(response.status).toBe(200);
      all += await response.text();
    }
    expectClean(all, 'own-token@file', 'ada', '"refused":1,"expiresAt"', 'claims_not_satisfied', 'urn:env:CLIENT_SECRET', '"unavailable"');
    for (const path of ['/api/tokens/purge?all=true', '/api/log/level', '/api/drain']) {
      const authorization = `Bearer ${stage.needles.plant(`wrong token for ${path}`)}`;
      const response = await fetch(admin + path, { method: 'POST', body: '{"level":"info"}', headers: { authorization } });
      expect(response.status).toBe(401);
      expectClean(await response.text());
    }
    const authorization = `Bearer ${stage.actionsToken}`;
    const response = await fetch(`${admin}/api/log/level`, { method: 'POST', body: '{"level":"debug"}', headers: { authorization } });
    expect(response.status).toBe(200);
    expectClean(await response.text());
  }); // prettier-ignore

  it('are in no event of the stream', async () => {
    const response = await fetch(`${admin}/api/events`);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!/event: refusals\n.*\n/.test(text)) text += (await reader.read()).value ?? '';
    await reader.cancel();
    expectClean(text, 'event: stores', 'event: authorizationServers', 'event: overview');
  });

  it('are in no view of the dashboard', async () => {
    const { page, faults } = await openPage(browser, `${admin}/dashboard/`);
    await page.getByText('Last failure').first().waitFor();
    for (const [view, text] of [
      ['', 'unavailable'],
      ['routes', 'own-token@file'],
      ['route?name=stored%40file', 'stored@file'],
      ['route?name=signed%40file', 'claims not satisfied'],
      ['tokens', 'ada'],
      ['refusals', 'claims_not_satisfied'],
      ['configuration', 'signingSecret'],
    ] as const) {
      await page.evaluate(`location.hash = ${JSON.stringify(`#/${view}`)}`);
      if (view === 'configuration') await page.getByRole('heading', { name: 'Configuration' }).waitFor();
      else await page.getByText(text).first().waitFor();
      if (view === 'refusals')
        for (const button of await page.locator('.curl button').all()) await button.click();
      await expect.poll(() => page.content()).toContain(text);
      expectClean(await page.content());
    }
    expect(faults).toEqual([]);
  }); // prettier-ignore

  it('are in no output of the commands status, tokens and explain', async () => {
    for (const command of [['status'], ['tokens'], ['explain', 'http://a.example/signed/1']])
      for (const json of [[], ['--json']]) {
        const io = createTestIo();
        await run([...command, ...json, '--api', admin], io);
        expectClean(io.written.stdout + io.written.stderr);
        expect(io.written.stdout).not.toBe('');
      }
  });

  it('are in no log, access log or metric, and in nothing that is exported', async () => {
    const { gateway, receiver } = stage;
    expectClean(gateway.log.text(), 'credentials_refused', 'token store unavailable');
    expectClean(gateway.accessLog.text(), '"ClientUsername":"ada"', 'REDACTED');
    expectClean(await (await fetch(`${admin}/metrics`)).text(), 'grantgate_refusals_total');
    await gateway.gateway.drain();
    const received = receiver.received();
    expectClean(received.toString('latin1'), 'token request');
    expect(receiver.spans.length).toBeGreaterThan(30);
    expect(receiver.logs.length).toBeGreaterThan(30);
    expect(receiver.metrics.size).toBeGreaterThan(5);
    expectClean(gateway.log.text(), 'stopped');
  });
});
