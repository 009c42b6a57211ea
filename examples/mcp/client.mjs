// Calls a tool: node client.mjs TOOL '{"argument": "value"}'
import { ClientCredentialsProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const { MCP_URL, ISSUER, CLIENT_ID, CLIENT_SECRET } = process.env;
const [name, args = '{}'] = process.argv.slice(2);
const authProvider = new ClientCredentialsProvider({
  clientId: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
  // The secret goes to this authorization server alone, whatever the metadata of the tools say.
  expectedIssuer: ISSUER,
});
const client = new Client({ name: 'agent', version: '1.0.0' });
await client.connect(new StreamableHTTPClientTransport(new URL(MCP_URL), { authProvider }));
const { tools } = await client.listTools();
console.log(`tools: ${tools.map((tool) => tool.name).join(', ')}`);
const { content } = await client.callTool({ name, arguments: JSON.parse(args) });
console.log(`result: ${content.map((part) => part.text).join('\n')}`);
await client.close();
