import { describe, expect, it } from 'vitest';
import type { RequestFacts } from '../../routing/facts.ts';
import {
  createApiAuthorization,
  localAuthorization,
  type ApiAuthorizationOptions,
} from './api-authorization.ts';
import { readExplainedRequest, toExplainedFacts } from './explained-request.ts';

/** A request to a host, with the headers that matter. */
function createFacts(host: string, authorization?: string, origin?: string): RequestFacts {
  const query = new URLSearchParams({ host, ...(origin !== undefined && { header: `oRiGiN: ${origin}` }) });
  return { ...toExplainedFacts(readExplainedRequest(query, 'http'), 'admin'), authorization };
}

const withToken: ApiAuthorizationOptions = { isLoopback: true, isInsecure: false, readToken: () => 'right' };
const remote: ApiAuthorizationOptions = { ...withToken, isLoopback: false };

/** Status of the refusal; 200: none. */
function statusOf(
  check: 'checkRead' | 'checkAction',
  options: ApiAuthorizationOptions,
  facts: RequestFacts,
): number {
  try {
    createApiAuthorization(options)[check](facts);
    return 200;
  } catch (error) {
    return (error as { readonly status: number }).status;
  }
}

describe('a read', () => {
  it.each([
    ['127.0.0.1:8080', 200],
    ['127.8.9.1', 200],
    ['[::1]:8080', 200],
    ['localhost', 200],
    ['grantgate.localhost', 200],
    ['rebound.example', 403],
    ['localhost.example', 403],
    ['192.0.2.1', 403],
    ['', 403],
  ])('of a loopback entry point under the host %s gets %d, without a token', (host, status) => {
    expect(statusOf('checkRead', withToken, createFacts(host))).toBe(status);
  });

  it.each([
    ['Bearer right', 200],
    ['bearer   right', 200],
    ['Bearer wrong', 401],
    ['Bearer right right', 401],
    ['Basic right', 401],
    ['Bearer ', 401],
    [undefined, 401],
  ])('of another entry point with %s gets %d', (authorization, status) => {
    expect(statusOf('checkRead', remote, createFacts('admin.example', authorization))).toBe(status);
  });

  it('of another entry point is allowed for everybody if that is configured', () => {
    expect(statusOf('checkRead', { ...remote, isInsecure: true }, createFacts('admin.example'))).toBe(200);
  });
});

describe('an action', () => {
  const check = (options: ApiAuthorizationOptions, ...facts: Parameters<typeof createFacts>) =>
    statusOf('checkAction', options, createFacts(...facts));

  it('requires the token everywhere, even where everybody reads', () => {
    expect(check(withToken, 'localhost', 'Bearer right')).toBe(200);
    expect(check(withToken, 'localhost')).toBe(401);
    expect(check({ ...remote, isInsecure: true }, 'admin.example')).toBe(401);
  });

  it('is refused to web pages, whatever the letter case of Origin', () => {
    expect(check(withToken, 'localhost', 'Bearer right', 'http://localhost')).toBe(403);
  });

  it('is refused without a token in the configuration, or with one that cannot be read or is empty', () => {
    expect(check({ ...withToken, readToken: undefined }, 'localhost', 'Bearer right')).toBe(403);
    const readToken = (): string => {
      throw new Error('no such file');
    };
    expect(check({ ...withToken, readToken }, 'localhost', 'Bearer right')).toBe(503);
    expect(check({ ...withToken, readToken: () => '' }, 'localhost', 'Bearer ')).toBe(401);
  });

  it('follows a token that is rotated', () => {
    let token = 'old';
    const options = { ...withToken, readToken: () => token };
    expect(check(options, 'localhost', 'Bearer old')).toBe(200);
    token = 'new';
    expect(check(options, 'localhost', 'Bearer old')).toBe(401);
    expect(check(options, 'localhost', 'Bearer new')).toBe(200);
  });

  it('needs no token on the Unix socket', () => {
    expect(() => localAuthorization.checkAction(createFacts('anything'))).not.toThrow();
  });
});
