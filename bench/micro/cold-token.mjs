// Cost of a token that must be requested: `npm run bench:micro -- --only cold-token`, after `make build`.
//
// One small token endpoint in its own process responds to every request at once, over kept connections. Contenders take turns
// to send requests from this process, whose processor time is counted; each request is for another client. All must return the
// same token and read the same claim from it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { Agent, request as send } from 'undici';
import { systemClock } from '../../packages/middleware/dist/base/clock.js';
import { Secret } from '../../packages/middleware/dist/base/secret.js';
import { createAuthenticator } from '../../packages/middleware/dist/create.js';
import { createTokenEndpoint } from '../../packages/middleware/dist/token/create-endpoint.js';
import { plainGrantRules } from '../../packages/middleware/dist/token/granted-token.js';
import { report } from './lib/report.mjs';
import { compare, roundsOr, spreadText } from './lib/rounds.mjs';
import { printTable } from './lib/table.mjs';

const clientSecret = 'orders-secret';
const grant = 'grant_type=client_credentials';
const form = 'application/x-www-form-urlencoded';
/** Clients for which a token was requested. */
let asked = 0;

if (process.argv[2] === 'server') await serve();
else await measure();

/** The endpoint: it only checks whether this is a token request by a client. */
async function serve() {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { sub: 'ada', grp: 'admin', scope: 'orders:read orders:write', filler: 'x'.repeat(300) };
  const token = `${part({ alg: 'RS256' })}.${part(claims)}.${'s'.repeat(342)}`;
  const answer = JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 86_400 });
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('latin1').on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      const asked = body === grant && request.headers.authorization?.startsWith('Basic ') === true;
      response.writeHead(asked ? 200 : 400, {
        'content-type': 'application/json',
        'content-length': asked ? answer.length : 2,
      });
      response.end(asked ? answer : '{}');
    });
  });
  // A contender's connections stay idle during the turns of others.
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.on('disconnect', () => process.exit());
  process.send({ url: `http://127.0.0.1:${server.address().port}/token`, token });
}

async function measure() {
  const child = fork(fileURLToPath(import.meta.url), ['server']);
  const [{ url, token }] = await once(child, 'message');
  const contenders = createContenders(url);
  try {
    await check(contenders, token);
    const rounds = roundsOr(15);
    const results = {};
    for (const [callers, title] of [
      [1, 'one after the other'],
      [16, '16 at a time'],
    ]) {
      const works = Object.entries(contenders).map(([name, ask]) => [name, asking(ask, callers)]);
      results[title] = await compare(Object.fromEntries(works), { rounds, turnMs: 100 });
      print(title, results[title]);
    }
    report({ unit: 'us', rounds, results });
  } finally {
    for (const { close } of Object.values(contenders)) await close?.();
    child.disconnect();
  }
}

/** Name to `{ ask, close }`: `ask(clientId)` returns the token and its claim `grp`. */
function createContenders(url) {
  return { ...createPeers(url), ...createOwn(url) };
}

function createPeers(url) {
  const server = { issuer: url, token_endpoint: url };
  const agent = new Agent();
  return {
    'fetch, nothing checked': {
      async ask(clientId) {
        const response = await fetch(url, {
          method: 'POST',
          headers: { authorization: basic(clientId), 'content-type': form },
          body: grant,
        });
        const { access_token } = await response.json();
        return { token: access_token, group: groupOf(access_token) };
      },
    },
    'undici, nothing checked': {
      async ask(clientId) {
        const { body } = await send(url, {
          dispatcher: agent,
          method: 'POST',
          headers: { authorization: basic(clientId), 'content-type': form },
          body: grant,
        });
        const { access_token } = await body.json();
        return { token: access_token, group: groupOf(access_token) };
      },
      close: () => agent.close(),
    },
    oauth4webapi: {
      async ask(clientId) {
        const client = { client_id: clientId };
        const response = await oauth.clientCredentialsGrantRequest(
          server,
          client,
          oauth.ClientSecretBasic(clientSecret),
          {},
          { [oauth.allowInsecureRequests]: true },
        );
        const { access_token } = await oauth.processClientCredentialsResponse(server, client, response);
        return { token: access_token, group: groupOf(access_token) };
      },
    },
    'openid-client': {
      async ask(clientId) {
        const config = new openid.Configuration(
          server,
          clientId,
          undefined,
          openid.ClientSecretBasic(clientSecret),
        );
        openid.allowInsecureRequests(config);
        const { access_token } = await openid.clientCredentialsGrant(config);
        return { token: access_token, group: groupOf(access_token) };
      },
    },
  };
}

function createOwn(url) {
  const endpoint = createTokenEndpoint(
    {
      url,
      audience: undefined,
      scopes: [],
      resource: [],
      endpointParams: {},
      headers: {},
      clientAuthentication: 'auto',
      assertion: {},
      rules: plainGrantRules,
      tls: { ca: undefined, cert: undefined, key: undefined, insecureSkipVerify: false },
      timeoutMs: 5_000,
      maxRetries: 0,
      maxConcurrent: 64,
    },
    { clock: systemClock },
  );
  const authenticator = createAuthenticator({
    url,
    claims: 'Equals(`grp`, `admin`)',
    forwardHeaders: { Group: 'grp' },
  });
  return {
    'grantgate, the token endpoint': {
      async ask(clientId) {
        const outcome = await endpoint.obtain({ clientId, clientSecret: new Secret(clientSecret) });
        if (outcome.kind !== 'token') throw new Error(outcome.detail);
        return { token: outcome.value, group: groupOf(outcome.value) };
      },
      close: () => endpoint.close(),
    },
    'grantgate, the whole decision': {
      async ask(clientId) {
        const decision = await authenticator.decide({ authorization: basic(clientId) });
        if (!decision.allowed) throw new Error(decision.detail);
        // The header for the server behind comes first, then the forwarded headers.
        const [, authorization, , group] = decision.setHeaders;
        return { token: authorization.slice('Bearer '.length), group };
      },
      close: () => authenticator.close(),
    },
  };
}

function basic(clientId) {
  return `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
}

function groupOf(token) {
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()).grp;
}

/** @throws Error when a contender returns another token, or reads another claim. */
async function check(contenders, token) {
  for (const [name, { ask }] of Object.entries(contenders)) {
    const got = await ask('checked');
    if (got.token !== token || got.group !== 'admin') throw new Error(`${name}: another token`);
  }
  console.log(`${Object.keys(contenders).length} contenders come back with the same token and claim`);
}

/** A number of tokens, `callers` at a time, each for a new client. */
function asking({ ask }, callers) {
  return async (count) => {
    let left = count;
    const caller = async () => {
      for (; left > 0; left -= 1) await ask(`client-${(asked += 1)}`);
    };
    await Promise.all(Array.from({ length: Math.min(callers, count) }, caller));
  };
}

function print(title, results) {
  console.log(`\nper token, ${title}: us (quartiles)`);
  printTable(
    ['', 'CPU of the client', 'wall', 'CPU, x fetch'],
    Object.entries(results).map(([name, { cpu, wall, ratio }]) => [
      name,
      spreadText(cpu, 0),
      spreadText(wall, 0),
      spreadText(ratio, 2),
    ]),
  );
}
