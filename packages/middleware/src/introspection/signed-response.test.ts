import { SignJWT } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { json, startScriptedServer, type Script } from '../../../testkit/src/scripted-server.ts';
import { startTokenServer } from '../../../testkit/src/token-server.ts';
import { systemClock } from '../base/clock.ts';
import type { CredentialRequest } from '../credentials/credential-reading.ts';
import type { Decision } from '../decision/decision.ts';
import { createTestKey } from '../jwt/jwt.testkit.ts';
import { createIntrospectionAuthenticator } from './create-introspection-authenticator.ts';
import { parseIntrospection } from './parse.ts';

const closes: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0).reverse()) await close();
});

const proofs = {
  certificateThumbprint: () => undefined,
  proof: () => undefined,
  method: () => 'GET',
  url: () => 'https://api.example/',
};

function connect(url: string, verify: object, more: object = {}) {
  const { options, problems } = parseIntrospection({
    clientID: 'gateway',
    clientSecret: 'gateway-secret',
    clientConfig: { url, maxRetries: 0 },
    verify,
    ...more,
  });
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  const authenticator = createIntrospectionAuthenticator<CredentialRequest>(options!, {
    clock: systemClock,
    proofs,
  });
  closes.push(() => authenticator.close());
  return async (token: string): Promise<Decision> =>
    authenticator.decide({ authorization: `Bearer ${token}`, target: '/', header: () => undefined });
}

const nowSeconds = (): number => Math.floor(Date.now() / 1000);
const key = createTestKey('k1');
const stranger = createTestKey('k1');

interface ResponseParts {
  readonly claims?: object;
  readonly header?: object;
  readonly signer?: typeof key;
}

const sign = ({ claims, header, signer = key }: ResponseParts = {}) =>
  new SignJWT({
    iss: 'https://as.example',
    aud: 'gateway',
    iat: nowSeconds(),
    token_introspection: { active: true, client_id: 'app', exp: nowSeconds() + 300, big: 1 },
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES256', kid: 'k1', typ: 'token-introspection+jwt', ...header })
    .sign(signer.privateKey);

const verify = (url: string): object => ({
  jwksUrl: new URL('/jwks', url).href,
  issuers: ['https://as.example'],
});

/** An endpoint that sends a body, and the keys at `/jwks`. */
async function serve(body: string | (() => string), type = 'application/token-introspection+jwt') {
  const respond: Script[number] = (response, { url }) => {
    if (url === '/jwks') json(response, 200, { keys: [key.jwk] });
    else response.writeHead(200, { 'content-type': type }).end(typeof body === 'string' ? body : body());
  };
  const server = await startScriptedServer(respond);
  closes.push(() => server.close());
  return server;
}

describe('a signed response', () => {
  it('of a certified authorization server is requested, verified and used (RFC 9701)', async () => {
    const [gateway, caller] = ['gateway', 'caller'].map((id) => ({ clientId: id, clientSecret: `${id}-secret` }));
    const server = await startTokenServer([gateway!, caller!]);
    closes.push(() => server.close());
    const decide = connect(server.introspectionUrl, { issuer: server.issuer }, { forwardHeaders: { 'X-Client': 'client_id' }, maxCacheSeconds: 0 });
    const token = await server.issue(caller!);
    expect(await decide(token)).toMatchObject({ allowed: true, setHeaders: ['X-Client', 'caller'] });
    await server.revoke(caller!, token);
    expect(await decide(token)).toMatchObject({ allowed: false, status: 401, reason: expect.stringContaining('not active') as string });
  }); // prettier-ignore

  it('is requested only by its media type', async () => {
    const server = await serve(await sign());
    expect(await connect(server.url, verify(server.url))('t')).toMatchObject({ allowed: true, subject: { clientId: 'app' } });
    expect(server.requests[0]?.headers.accept).toBe('application/token-introspection+jwt');
    expect(server.requests[1]?.headers.authorization).toBeUndefined();
  }); // prettier-ignore

  it.each<readonly [string, ResponseParts, RegExp]>([
    ['of another key', { signer: stranger }, /signature of ES256/],
    ['of an unknown key', { header: { kid: 'k2' } }, /no key for ES256/],
    ['of another type', { header: { typ: 'JWT' } }, /typ is "JWT", expected token-introspection\+jwt/],
    ['of an access token', { header: { typ: 'at+jwt' } }, /typ is "at\+jwt"/],
    ['without a type', { header: { typ: undefined } }, /typ is missing/],
    ['of another issuer', { claims: { iss: 'https://other.example' } }, /iss is "https:\/\/other.example"/],
    ['for another resource server', { claims: { aud: 'other' } }, /aud is "other", expected "gateway"/],
    ['for nobody', { claims: { aud: undefined } }, /aud is missing/],
    ['from before the request', { claims: { iat: nowSeconds() - 3600 } }, /iat is before the request/],
    ['from the future', { claims: { iat: nowSeconds() + 3600 } }, /iat is in the future/],
    ['without a time', { claims: { iat: undefined } }, /iat is missing/],
    ['that says nothing', { claims: { token_introspection: undefined } }, /token_introspection is missing/],
    ['whose content is no object', { claims: { token_introspection: 'active' } }, /./],
    ['whose active is beside its content', { claims: { active: true, token_introspection: {} } }, /active is missing/],
  ])('is not used %s', async (_name, parts, reason) => {
    const server = await serve(await sign(parts));
    const decision = await connect(server.url, verify(server.url))('t');
    expect(decision).toMatchObject({ allowed: false, status: 502, code: 'token_response_invalid' });
    expect(decision.allowed ? '' : decision.reason).toMatch(reason);
  }); // prettier-ignore

  it('is required: plain JSON is not used with any media type', async () => {
    for (const type of ['application/json', 'application/token-introspection+jwt']) {
      const server = await serve(JSON.stringify({ active: true, client_id: 'app' }), type);
      expect(await connect(server.url, verify(server.url))('t')).toMatchObject({
        allowed: false,
        status: 502,
      });
    }
  });

  it('that cannot be verified for lack of keys refuses with 503', async () => {
    const body = await sign();
    const server = await startScriptedServer((response, { url }) => {
      if (url === '/jwks') json(response, 500, {});
      else response.writeHead(200, { 'content-type': 'application/token-introspection+jwt' }).end(body);
    });
    closes.push(() => server.close());
    expect(await connect(server.url, verify(server.url))('t')).toMatchObject({ allowed: false, status: 503 });
  });
});

describe('the options of signed responses', () => {
  const parse = (more: object) =>
    parseIntrospection({ clientConfig: { url: 'https://as.example/introspect' }, ...more }).problems.map(
      ({ severity, path, message }) => `${severity} ${path.join('.')}: ${message}`,
    );

  it('name the audience, by default the client ID', () => {
    const own = { clientID: 'gateway', clientSecret: 'secret' };
    expect(parse({ ...own, verify: { issuer: 'https://as.example' } })).toEqual([]);
    expect(parse({ verify: { issuer: 'https://as.example' } })).toContainEqual(
      expect.stringMatching(/^error verify.audience: is required without clientID/),
    );
    expect(parse({ ...own, verify: {} })).toContainEqual(
      expect.stringMatching(/^error verify: set either jwksUrl or issuer: the keys of the responses/),
    );
    expect(parse({ ...own, verify: { jwksUrl: 'https://as.example/jwks' } })).toEqual([
      expect.stringMatching(/^warning verify: issuers is empty: responses of every issuer/),
    ]);
  });
});
