import { expect, it } from 'vitest';
import { createDiscoveryLog } from './discovery-log.ts';
import { createLog } from './log.ts';

it('the log reports the beginning and the end of an outage once, and each change of the token endpoint', () => {
  const lines: Record<string, unknown>[] = [];
  const log = createLog(
    { level: 'info', format: 'json' },
    { write: (text) => void lines.push(JSON.parse(text) as Record<string, unknown>) },
  );
  const tell = createDiscoveryLog(log);
  const issuer = 'https://as.example';
  const [before, tokenEndpoint] = [`${issuer}/token`, `${issuer}/moved`];
  const failed = { kind: 'failed', issuer, reason: 'response_invalid', detail: 'why', nextTryInMs: 1500 } as const;
  tell({ kind: 'discovered', issuer, tokenEndpoint: before, previousTokenEndpoint: undefined });
  for (const isFirst of [true, false, false]) tell({ ...failed, isFirst, tokenEndpoint: before });
  tell({ kind: 'discovered', issuer, tokenEndpoint, previousTokenEndpoint: before });
  tell({ kind: 'recovered', issuer, failures: 3, lastedMs: 42_000 });
  expect(lines.map(({ level, msg, ...fields }) => ({ level, msg, ...fields }))).toMatchObject([
    { level: 'warn', msg: 'issuer discovery failed', issuer, reason: 'response_invalid', detail: 'why', tokenEndpoint: before, nextTryInSeconds: 2 },
    { level: 'info', msg: 'token endpoint changed', issuer, tokenEndpoint, previousTokenEndpoint: before },
    { level: 'info', msg: 'issuer discovery succeeded again', issuer, failures: 3, failedForSeconds: 42 },
  ]);
  expect(lines).toHaveLength(3);
}); // prettier-ignore
