import { describe, expect, it } from 'vitest';
import { readExplainedRequest, toExplainedFacts } from './explained-request.ts';

const read = (text: string, scheme: 'http' | 'https' = 'http') =>
  readExplainedRequest(new URLSearchParams(text), scheme);

describe('a request to explain', () => {
  it('without parameters, is GET / without credentials, with the scheme of the entry point', () => {
    expect(read('', 'https')).toEqual({
      ...{ method: 'GET', scheme: 'https', host: '', authority: '', path: '/', query: '' },
      ...{ clientIP: '127.0.0.1', rawHeaders: ['Host', ''] },
    });
    expect(read('scheme=http', 'https').scheme).toBe('http');
  });

  it('has host, path, query and headers as the gateway would read them', () => {
    const request = read(
      'method=POST&host=API.Example.com.:8443&path=/a%2520b?c=d&header=X-Region:%20eu&header=Accept:*/*&clientIP=192.0.2.7',
    );
    expect(toExplainedFacts(request, 'web')).toMatchObject({
      ...{ entryPoint: 'web', method: 'POST', host: 'api.example.com', authority: 'API.Example.com.:8443' },
      ...{ path: '/a%20b', query: 'c=d', target: '/a%20b?c=d', remoteAddress: '192.0.2.7' },
      rawHeaders: ['Host', 'API.Example.com.:8443', 'X-Region', 'eu', 'Accept', '*/*'],
    });
    expect(read('host=[2001:db8::1]:80').host).toBe('2001:db8::1');
  });

  it.each([
    ['method=GE T', 'method: expected a method of HTTP'],
    ['scheme=ftp', 'scheme: expected http or https'],
    ['host=a/b', 'host: expected a host, with or without port'],
    ['host=user@a', 'host: expected a host, with or without port'],
    ['path=orders', 'path: expected a path that begins with /, percent-encoded'],
    ['path=/a b', 'path: expected a path that begins with /, percent-encoded'],
    ['clientIP=nobody', 'clientIP: expected an IP address'],
    ['header=X-Region', 'header: expected Name: value'],
  ])('is refused with %s', (text, message) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ status: 400, message: `invalid request: ${message}` }) as Error,
    );
  });
});
