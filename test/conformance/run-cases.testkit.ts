import type { ClientCredentialsInput } from '@grantgate/middleware/options/schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConformanceCase, ExpectedPass, ExpectedRefusal } from './case.ts';
import { cases, middlewares } from './cases.ts';
import type { Integration, SeenResponse, RunningIntegration } from './integration.ts';
import type { AuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import type { TokenEndpoints } from './token-endpoints.testkit.ts';
import { startTokenEndpoints } from './token-endpoints.testkit.ts';

/** Runs every case of the table through an integration: decision and response must equal those of any other integration. */
export function runCases(integration: Integration): void {
  describe(integration.name, () => {
    let endpoints: TokenEndpoints;
    let open: RunningIntegration;
    beforeAll(async () => {
      endpoints = await startTokenEndpoints();
      const inputs = Object.entries(middlewares).map(([name, { endpoint, options }]) => [
        name,
        { ...options, url: endpoints.urls[endpoint] },
      ]);
      open = await integration.start(Object.fromEntries(inputs) as Record<string, ClientCredentialsInput>);
    });
    afterAll(async () => {
      await open.close();
      await endpoints.close();
    });

    it.each(cases.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
      const answer = await open.request(one.middleware, one.request);
      if (one.expected.passes) expectPass(integration, one, one.expected, answer, endpoints.server);
      else expectRefusal(one, integration.through?.(one.expected, one.request) ?? one.expected, answer);
    });
  });
}

function expectPass(
  integration: Integration,
  { request }: ConformanceCase,
  expected: ExpectedPass,
  answer: SeenResponse,
  server: AuthorizationServer,
): void {
  const { status, body, seen } = answer;
  expect({ status, body: status === 200 ? '' : body }).toEqual({ status: 200, body: '' });
  if (seen === undefined) throw new Error('the request did not reach the protected side');
  const headers: Required<ExpectedPass>['headers'] = {
    authorization: /^Bearer [\w.~+/=-]+$/,
    ...expected.headers,
  };
  for (const [name, value] of Object.entries(headers)) {
    if (integration.shows === 'mutations' && value === undefined) continue;
    const set = value === '' && integration.emptyHeaders === 'left out' ? undefined : value;
    const wanted = set instanceof RegExp ? (expect.stringMatching(set) as string) : set;
    expect({ name, value: valueOf(seen.rawHeaders, name) }).toEqual({ name, value: wanted });
  }
  const token = valueOf(seen.rawHeaders, 'authorization')?.slice('Bearer '.length) ?? '';
  // The token of this client, opaque or not.
  expect(server.clientOf(token)).toBe(expected.clientId);
  // Aspects that an integration shows; none shows all of them.
  const known = {
    method: request.method ?? 'GET',
    body: request.body ?? '',
    username: expected.username,
    clientId: expected.clientId,
  };
  expect({ ...known, ...seen }).toMatchObject(known);
}

function expectRefusal({ request }: ConformanceCase, expected: ExpectedRefusal, answer: SeenResponse): void {
  const { status, headers, body, seen } = answer;
  expect(seen).toBeUndefined();
  expect({
    status,
    challenge: headers['www-authenticate'],
    retryAfter: headers['retry-after'],
  }).toEqual({
    status: expected.status,
    challenge: expected.challenge ? 'Basic realm="grantgate", charset="UTF-8"' : undefined,
    retryAfter: expected.retryAfter,
  });
  if (expected.code === undefined) return;
  expect(headers['content-type']).toBe('application/problem+json');
  expect(headers['cache-control']).toBe('no-store');
  if (request.method === 'HEAD') return;
  const problem = JSON.parse(body) as Record<string, unknown>;
  expect(Object.keys(problem)).toEqual(['type', 'title', 'status', 'detail', 'code', 'requestId']);
  expect(problem).toMatchObject({
    type: `urn:grantgate:problem:${expected.code}`,
    status: expected.status,
    code: expected.code,
    requestId: headers['x-request-id'],
  });
  const wanted = valueOf(request.headers ?? [], 'x-request-id');
  expect(problem['requestId']).toEqual(wanted ?? expect.stringMatching(/^[\da-f-]{36}$/));
  // Contains neither data of the caller nor texts of the authorization server.
  expect(body).not.toMatch(/-secret|of the server|eyJ/);
  const sent =
    valueOf(request.headers ?? [], 'authorization')
      ?.split(' ')
      .slice(1, 2) ?? [];
  expect(sent.filter((text) => text !== '' && body.includes(text))).toEqual([]);
}

/** Value of a header, in any letter case; several are joined according to section 5.3 of RFC 9110. */
function valueOf(rawHeaders: readonly string[], name: string): string | undefined {
  const values: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.toLowerCase() === name) values.push(rawHeaders[at + 1] ?? '');
  return values.length === 0 ? undefined : values.join(', ');
}
