import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ClientCredentialsProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import {
  startAuthorizationServer,
  type AuthorizationServer,
} from '../../packages/testkit/src/authorization-server.ts';
import { startServer, type TestServer } from '../../packages/testkit/src/http-server.ts';
import { findClosedPort } from '../../packages/testkit/src/scripted-server.ts';
import { startTestGateway, type TestGateway } from './gateway.testkit.ts';

/** Headers of the requests that reached the server of the tools. */
const seen: Record<string, string | string[] | undefined>[] = [];
/** Ends the call of `count` after its first notification. */
let finish = (): void => {};

/** A server of the Model Context Protocol with one tool that reports its progress, without any authentication of its own. */
function startTools(): Promise<TestServer> {
  return startServer((request, response) => {
    seen.push(request.headers);
    const server = new McpServer({ name: 'tools', version: '1.0.0' });
    server.registerTool(
      'count',
      { description: 'Counts to two.', inputSchema: { from: z.number() } },
      async ({ from }, { _meta, sendNotification }) => {
        const progressToken = _meta?.progressToken;
        if (progressToken !== undefined) {
          const finished = new Promise<void>((resolve) => (finish = resolve));
          await sendNotification({
            method: 'notifications/progress',
            params: { progressToken, progress: 1 },
          });
          await finished;
        }
        return { content: [{ type: 'text', text: `${from}, 2` }] };
      },
    );
    const transport = new StreamableHTTPServerTransport({});
    response.once('close', () => void transport.close());
    void server.connect(transport as Transport).then(() => transport.handleRequest(request, response));
  });
}

const folder = fileURLToPath(new URL('../../examples/mcp', import.meta.url));

let authorizationServer: AuthorizationServer;
let tools: TestServer;
let gateway: TestGateway;
let url: string;
beforeAll(async () => {
  authorizationServer = await startAuthorizationServer({
    clients: [
      { clientId: 'agent', clientSecret: 'agent-secret', claims: { grp: 'agents' } },
      { clientId: 'stranger', clientSecret: 'stranger-secret', claims: { grp: 'others' } },
    ],
  });
  tools = await startTools();
  const port = await findClosedPort();
  url = `http://127.0.0.1:${port}/mcp`;
  const routes = await readFile(join(folder, 'routes.yaml'), 'utf8');
  gateway = await startTestGateway({
    routes: {
      'routes.yaml': routes
        .replaceAll('https://api.example.com/mcp', url)
        .replaceAll('https://as.example.com', authorizationServer.issuer)
        .replace('http://127.0.0.1:9000', tools.url),
    },
    install: `
entryPoints: { web: { address: "127.0.0.1:${port}" } }
accessLog: { format: json }
`,
  });
});
afterAll(async () => {
  await gateway.close();
  await tools.close();
  await authorizationServer.close();
});

/** Connects a client that knows only the URL of the tools and its own credentials. */
async function connect(clientId: string, clientSecret: string): Promise<Client> {
  const client = new Client({ name: 'agent', version: '1.0.0' });
  onTestFinished(() => client.close());
  const authProvider = new ClientCredentialsProvider({
    ...{ clientId, clientSecret, expectedIssuer: authorizationServer.issuer },
  });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { authProvider }));
  return client;
}

describe('a client of the Model Context Protocol with client credentials (SEP-1046)', () => {
  it('discovers where to get a token, gets one for the resource, and calls a tool that streams', async () => {
    const client = await connect('agent', 'agent-secret');
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['count']);
    const progress: number[] = [];
    const result = await client.callTool({ name: 'count', arguments: { from: 1 } }, undefined, {
      // The tool waits until its notification has passed the gateway: nothing delays the stream.
      onprogress({ progress: now }) {
        progress.push(now);
        finish();
      },
    });
    expect(result.content).toEqual([{ type: 'text', text: '1, 2' }]);
    expect(progress).toEqual([1]);
    expect(authorizationServer.tokenRequests).toMatchObject([{ clientId: 'agent', status: 200 }]);
    expect(seen.at(-1)).toMatchObject({ 'x-agent': 'agent' });
    expect(seen.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
    await expect.poll(() => gateway.accessLog.text()).toContain('"ClientUsername":"agent"');
  });

  it('is the program in the example', async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(folder, 'client.mjs'), 'count', '{"from": 0}'],
      {
        env: {
          MCP_URL: url,
          ISSUER: authorizationServer.issuer,
          CLIENT_ID: 'agent',
          CLIENT_SECRET: 'agent-secret',
        },
      },
    );
    expect(stdout).toBe('tools: count\nresult: 0, 2\n');
  });

  it('is refused without credentials, with wrong ones, and with insufficient claims', async () => {
    const before = seen.length;
    const anonymous = await fetch(url, { method: 'POST' });
    expect([anonymous.status, anonymous.headers.get('www-authenticate')]).toEqual([
      401,
      `Bearer realm="grantgate", resource_metadata="${url.replace('/mcp', '/.well-known/oauth-protected-resource/mcp')}"`,
    ]);
    await expect(connect('agent', 'wrong')).rejects.toThrow(/invalid_client|authentication failed/);
    await expect(connect('stranger', 'stranger-secret')).rejects.toThrow(/403|claims/);
    expect(seen).toHaveLength(before);
  });
});
