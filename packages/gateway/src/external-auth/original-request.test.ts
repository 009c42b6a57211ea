import { describe, expect, it } from 'vitest';
import { configure } from '../observe/access-log.testkit.ts';
import { createFacts } from '../routing/facts.testkit.ts';
import { toOriginalFacts } from './original-request.ts';

describe('a request for which a proxy requests authorization', () => {
  it.each([
    ['X-Original-URL', 'https://caller:hunter2@shop.example/a?access%5Ftoken=hunter2'],
    ['X-Original-URL', 'https://caller:hun@ter2:hunter2@shop.example/a;access_token=hunter2'],
    ['X-Forwarded-Host', 'caller:hunter2@shop.example'],
    ['X-Forwarded-Uri', '/a?b=1;ACCESS_TOKEN=hunter2;c=hunter2'],
    ['X-Original-URI', '//caller:hunter2@shop.example/a'],
  ])('is logged without the secrets in %s: %s', (name, value) => {
    const facts = toOriginalFacts(createFacts({ rawHeaders: [name, value], trusted: true }), '');
    for (const format of ['json', 'common'] as const) {
      const line = configure({ format })({
        facts,
        requestId: 'r',
        startedAt: 0,
        startedMonotonic: 0,
        requestBytes: 0,
        durationMs: 0,
        originDurationMs: 0,
        status: 200,
        originStatus: 0,
        originBytes: 0,
        downstreamBytes: 0,
        httpVersion: '1.1',
        routerName: undefined,
        serviceName: undefined,
        serverUrl: undefined,
        clientUsername: undefined,
        refusal: undefined,
        originFault: undefined,
        retryAttempts: 0,
      });
      expect(line).not.toContain('hunter2');
      expect(line).not.toContain('caller');
    }
    const isPath = name === 'X-Forwarded-Uri' || name === 'X-Original-URI';
    expect(isPath ? 'shop.example' : facts.host).toBe('shop.example');
  });
});
