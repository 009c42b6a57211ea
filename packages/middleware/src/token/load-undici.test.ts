import { createRequire } from 'node:module';
import { Agent, buildConnector, EnvHttpProxyAgent, Pool, ProxyAgent } from 'undici';
import { expect, it } from 'vitest';
import { loadUndici } from './load-undici.ts';

const whole = { Agent, buildConnector, EnvHttpProxyAgent, Pool, ProxyAgent };

it("the package's exports are returned without loading the whole package", async () => {
  const names: string[] = [];
  const require = createRequire(import.meta.url);
  const parts = await loadUndici((name) => {
    names.push(name);
    return require(name);
  });
  expect(parts).toEqual(whole);
  expect(names).not.toContain('undici');
});

it('the whole package is returned when its files are elsewhere', async () => {
  const loaded = await loadUndici((name) => {
    throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' });
  });
  expect(loaded).toMatchObject(whole);
});
