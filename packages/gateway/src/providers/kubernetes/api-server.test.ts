import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiCases, caseObjects, endingNamespace, sendCase } from './api-cases.testkit.ts';
import type { TestApiServer } from './api-server.testkit.ts';
import { startApiServer } from './api-server.testkit.ts';

let server: TestApiServer;
beforeAll(async () => {
  server = await startApiServer();
  server.apply(caseObjects);
  server.uninstall('httproutes');
  server.terminate(endingNamespace);
});
afterAll(() => server.close());

describe('the fake API server', () => {
  it.each(apiCases)('$name', async ({ as, ...one }) => {
    if (as === 'gateway') server.forbid('secrets');
    const token = as === 'nobody' ? 'another' : server.token;
    const response = await sendCase({ ...server, token }, one);
    server.permit('secrets');
    expect(response).toMatchObject({ status: one.status, type: one.type ?? 'application/json' });
    expect(response.says).toContain(one.says ?? '');
    for (const [path, value] of Object.entries(one.has ?? {})) expect(response.at(path)).toEqual(value);
  });
});
