import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { allow } from '../../../packages/gateway/src/entrypoints/entry-point.testkit.ts';
import { startGatewayWith } from '../../../packages/gateway/src/middlewares/middlewares.testkit.ts';
import type { RequestFacts } from '../../../packages/gateway/src/routing/facts.ts';
import { createContext } from '../../../packages/gateway/src/routing/facts.testkit.ts';
import { compileRule } from '../../../packages/gateway/src/routing/rule.ts';
import { createTable } from '../../../packages/gateway/src/routing/table.ts';
import { openRaw } from '../../../packages/testkit/src/raw-connection.ts';

/** Whether real Traefik matches requests by rules; encoded characters are allowed at its entry point. */
const recorded = JSON.parse(readFileSync(new URL('testdata/traefik.json', import.meta.url), 'utf8')) as {
  readonly requests: readonly (readonly [
    method: string,
    target: string,
    host: string,
    ...headers: string[],
  ])[];
  /** `1` for each request that a rule matches, `0` for each other; `invalid` for a rule that Traefik refuses. */
  readonly rules: Readonly<Record<string, string>>;
};

/** The facts of each request, as the entry point reads them; undefined for a request that it refuses. */
async function readFacts(): Promise<readonly (RequestFacts | undefined)[]> {
  let facts: RequestFacts | undefined;
  const capture = (request: { readonly facts: RequestFacts }) => {
    facts = request.facts;
    return allow({});
  };
  const { gateway } = await startGatewayWith(
    {},
    {
      steps: [capture],
      encodedCharacters: {
        allowEncodedSlash: true,
        allowEncodedBackSlash: true,
        allowEncodedNullCharacter: true,
      },
    },
  );
  const read: (RequestFacts | undefined)[] = [];
  for (const [method, target, host, ...headers] of recorded.requests) {
    facts = undefined;
    const lines = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, ...headers];
    const raw = await openRaw(gateway.port, Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'));
    await raw.until(/^HTTP\/1\.1 \d{3}/);
    raw.socket.destroy();
    read.push(facts);
  }
  return read;
}

/** Requests and rules that grantgate intentionally handles differently: see "Coming from Traefik Hub". */
const lenient = /\n\s*(?:\|\||&&)/;
const newer = /\*\*/;
/** This is no host name (RFC 1035 section 2.3.1): our rules read another text than Traefik's. */
const twoDots = 'example.com..';

describe('rules, as Traefik 3.7.13 evaluated them on 2026-11-30', () => {
  it('match the same requests', async () => {
    const facts = await readFacts();
    const differences: string[] = [];
    for (const [source, wanted] of Object.entries(recorded.rules)) {
      const compiled = compileRule(source);
      if (lenient.test(source) || newer.test(source)) continue;
      if (compiled.ok === (wanted === 'invalid')) differences.push(`${source}: ${wanted}`);
      if (!compiled.ok || wanted === 'invalid') continue;
      const table = createTable([{ name: 'r', rule: compiled.rule, priority: undefined, route: true }]);
      facts.forEach((one, index) => {
        const [method, target, host, ...headers] = recorded.requests[index]!;
        if (host === twoDots) return;
        const matches = one !== undefined && table.match(createContext(one)) === true;
        if (matches !== (wanted[index] === '1'))
          differences.push(`${source}: ${[method, target, host, ...headers].join(' ')}: ${String(matches)}`);
      });
    }
    expect(differences).toEqual([]);
  });
});
