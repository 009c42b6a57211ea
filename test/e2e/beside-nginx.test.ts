import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forgedSpellingsOf } from '../../packages/testkit/src/header-spellings.ts';
import type { AuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { startAuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { sendRequest } from '../conformance/send-request.testkit.ts';
import { startExample } from './beside.testkit.ts';
import { proxies } from './beside-proxies.testkit.ts';
import type { Echo, EchoServer } from '../../packages/testkit/src/echo-server.ts';
import { startEchoServer, valuesOf } from '../../packages/testkit/src/echo-server.ts';

const boss = `Basic ${Buffer.from('boss:boss-secret').toString('base64')}`;

let server: AuthorizationServer;
let service: EchoServer;
let guide: string;
beforeAll(async () => {
  server = await startAuthorizationServer({
    clients: [{ clientId: 'boss', clientSecret: 'boss-secret', claims: { grp: 'admin' } }],
  });
  service = await startEchoServer();
  guide = await readFile(new URL('../../docs/guide/nginx.md', import.meta.url), 'utf8');
});
afterAll(async () => {
  await service.close();
  await server.close();
});

/** The lines of the code block of the guide that begins with this line. */
function blockOf(first: string): string {
  const block = guide.split('```nginx\n').find((text) => text.startsWith(first));
  if (block === undefined) throw new Error(`the guide has no block that begins with ${first}`);
  return block.slice(0, block.indexOf('```'));
}

/**
 * Sends every spelling of the header names through the example with other options. Returns the headers that the service received.
 */
async function sendSpellings(option: string, value: string, lines: string): Promise<Echo[]> {
  const beside = await startExample({
    example: 'beside-nginx',
    command: proxies.nginx?.command,
    servicePort: service.port,
    change: (name, text) => {
      if (name === 'nginx.conf') return text.replace(new RegExp(`${option} \\w+;`), `${option} ${value};`);
      if (name === 'guarded.conf') return `${text}\n${lines}`;
      return text.replaceAll('https://tenant.auth0.com/oauth/token', server.url);
    },
  });
  const names = forgedSpellingsOf('X-Auth-Request-User');
  const before = service.received.length;
  for (let at = 0; at < names.length; at += 80) {
    const lies = names.slice(at, at + 80).flatMap((spelled) => [spelled, 'root']);
    const headers = ['Authorization', boss, 'X-Odd_Name', 'kept', 'Accept', 'text/html', ...lies];
    const { status } = await sendRequest(beside.url, { path: '/orders/1', headers });
    expect(status).toBe(200);
  }
  await beside.close();
  return service.received.slice(before);
}

const liesIn = (echoes: readonly Echo[]): readonly string[] =>
  echoes.flatMap(({ rawHeaders }) => rawHeaders.filter((_, at) => rawHeaders[at + 1] === 'root'));

describe('nginx with other options for header names', () => {
  it('passes names with _ once underscores_in_headers is on, except those that the lines of the guide clear', async () => {
    const open = await sendSpellings('underscores_in_headers', 'on', '');
    expect(new Set(liesIn(open).map((name) => name.toLowerCase())).size).toBe(2 ** 3 - 1);
    const cleared = await sendSpellings(
      'underscores_in_headers',
      'on',
      blockOf('proxy_set_header X_Auth_Request_User'),
    );
    expect(liesIn(cleared)).toEqual([]);
    for (const echo of cleared) {
      expect(valuesOf(echo, 'x-odd_name')).toEqual(['kept']);
      expect(valuesOf(echo, 'x-auth-request-user')).toEqual(['boss']);
    }
  });

  it('passes every spelling once ignore_invalid_headers is off, and none with the lines of the guide', async () => {
    const open = await sendSpellings('ignore_invalid_headers', 'off', '');
    expect(new Set(liesIn(open)).size).toBeGreaterThan(3000);
    const listed = await sendSpellings(
      'ignore_invalid_headers',
      'off',
      blockOf('proxy_pass_request_headers off'),
    );
    expect(liesIn(listed)).toEqual([]);
    for (const echo of listed) {
      expect(valuesOf(echo, 'accept')).toEqual(['text/html']);
      expect(valuesOf(echo, 'x-auth-request-user')).toEqual(['boss']);
    }
  });
});
