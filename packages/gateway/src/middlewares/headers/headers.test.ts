import { valueIn } from '../../http1/message/header-list.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anySpellingOf } from '../../../../testkit/src/header-spellings.ts';
import { allow } from '../../entrypoints/entry-point.testkit.ts';
import { compileMiddlewares, startGatewayWith, valuesOf } from '../middlewares.testkit.ts';

/** A gateway with one middleware `headers`. */
const start = (headers: object, options?: Parameters<typeof startGatewayWith>[1]) =>
  startGatewayWith({ own: { headers } }, options);

describe('customRequestHeaders', () => {
  it("replaces the caller's headers, in every spelling that a server could read as the same", async () => {
    const { send } = await start({ customRequestHeaders: { 'X-Script-Name': 'test' } });
    await fc.assert(
      fc.asyncProperty(anySpellingOf('X-Script-Name'), async (spelling) => {
        const { seen } = await send('/', [[spelling, 'forged']]);
        expect(JSON.stringify(seen?.headers)).not.toContain('forged');
        expect(valuesOf(seen?.headers, 'x-script-name')).toEqual(['test']);
      }),
      { numRuns: 30 },
    );
  });

  it('removes a header by an empty value or null, and sends numbers and text in UTF-8', async () => {
    const { send } = await start({
      customRequestHeaders: { 'X-Gone': '', Cookie: null, 'X-Number': 42, 'X-Text': 'Grüße' },
    });
    const { seen } = await send('/', [['X-Gone', 'here'], ['Cookie', 'a=b'], ['X-Other', 'stays']]); // prettier-ignore
    expect(valuesOf(seen?.headers, 'x-gone')).toEqual([]);
    expect(valuesOf(seen?.headers, 'cookie')).toEqual([]);
    expect(valuesOf(seen?.headers, 'x-other')).toEqual(['stays']);
    expect(valuesOf(seen?.headers, 'x-number')).toEqual(['42']);
    expect(valuesOf(seen?.headers, 'x-text').map((text) => Buffer.from(text, 'latin1').toString())).toEqual(['Grüße']); // prettier-ignore
  });

  it('changes the host that the server receives, unless passHostHeader is false', async () => {
    const headers = { customRequestHeaders: { Host: 'internal.example' } };
    const { send } = await start(headers);
    const { seen } = await send('/');
    expect(valuesOf(seen?.headers, 'host')).toEqual(['internal.example']);
    expect(valuesOf(seen?.headers, 'x-forwarded-host')).toEqual(['api.example']);
    const { send: sendOwn } = await start(headers, { passHostHeader: false });
    expect(valuesOf((await sendOwn('/')).seen?.headers, 'host')[0]).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  it('is visible to later steps, which may override it', async () => {
    const authorizations: (string | undefined)[] = [];
    const { send } = await start(
      { customRequestHeaders: { Authorization: 'Basic abc', Group: 'ours' } },
      {
        steps: [
          (request) => {
            authorizations.push(request.authorization, request.header('group'));
            return allow({ Group: 'claimed' });
          },
        ],
      },
    );
    const { seen } = await send('/', [['Authorization', 'Basic own'], ['Group', 'forged']]); // prettier-ignore
    expect(authorizations).toEqual(['Basic abc', 'ours']);
    expect(valuesOf(seen?.headers, 'authorization')).toEqual(['Bearer issued-token']);
    expect(valuesOf(seen?.headers, 'group')).toEqual(['claimed']);
  });
});

describe('customResponseHeaders', () => {
  it("changes the headers of the server's responses, of refusals and of errors alike", async () => {
    const headers = { customResponseHeaders: { 'X-Powered-By': '', 'X-Team': 'orders' } };
    const { send } = await start(headers, {
      respond: (_request, response) => response.setHeader('X-Powered-By', 'PHP').end('ok'),
    });
    for (const target of ['/', '/again']) {
      const { headers: got } = await send(target);
      expect(valuesOf(got, 'x-team')).toEqual(['orders']);
      expect(valuesOf(got, 'x-powered-by')).toEqual([]);
    }
    const { send: sendNowhere } = await start(headers, { servers: [] });
    const refused = await sendNowhere('/');
    expect(refused.status).toBe(503);
    expect(valuesOf(refused.headers, 'x-team')).toEqual(['orders']);
  });

  it('of the outer middleware wins, because it handles a response last', async () => {
    const team = (name: string): object => ({ headers: { customResponseHeaders: { 'X-Team': name } } });
    const { send } = await startGatewayWith({ outer: team('outer'), inner: team('inner') });
    expect(valuesOf((await send('/')).headers, 'x-team')).toEqual(['outer']);
  });

  it('applies to WebSockets too', async () => {
    const { steps } = compileMiddlewares({ own: { headers: { frameDeny: true } } });
    const change = steps[0]?.onResponse;
    expect(change?.(['upgrade', 'websocket'], 101, undefined as never)).toEqual(
      ['upgrade', 'websocket', 'X-Frame-Options', 'DENY'],
    ); // prettier-ignore
  });
});

const preflight = [['Origin', 'https://app.example'], ['Access-Control-Request-Method', 'PUT']] as const; // prettier-ignore

describe('CORS', () => {
  it('responds to a preflight request before authentication', async () => {
    const { send } = await start(
      {
        accessControlAllowMethods: ['GET', 'PUT'],
        accessControlAllowHeaders: ['Authorization', 'X-Id'],
        accessControlAllowOriginList: ['https://app.example'],
        accessControlAllowCredentials: true,
        accessControlMaxAge: 100,
      },
      {
        steps: [
          () => {
            throw new Error('asked');
          },
        ],
      },
    );
    const answer = await send('/', preflight, 'OPTIONS');
    expect(answer).toMatchObject({ status: 200, body: '', seen: undefined });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'Access-Control-Allow-Credentials': 'true',
      'Access-Control-Allow-Headers': 'Authorization,X-Id',
      'Access-Control-Allow-Methods': 'GET,PUT',
      'Access-Control-Allow-Origin': 'https://app.example',
      'Access-Control-Max-Age': '100',
    });
    const foreign = await send('/', [['Origin', 'https://evil.example'], preflight[1]], 'OPTIONS');
    expect(valuesOf(foreign.headers, 'access-control-allow-origin')).toEqual([]);
  });

  it('passes on an OPTIONS request that is not a preflight', async () => {
    const { send } = await start({ accessControlAllowOriginList: ['*'] });
    expect((await send('/', [['Origin', 'https://app.example']], 'OPTIONS')).seen?.method).toBe('OPTIONS');
    expect((await send('/', [preflight[1]], 'OPTIONS')).seen?.method).toBe('OPTIONS');
  });

  it("lets pages of listed origins read responses, independently of the server's headers", async () => {
    const { send } = await start(
      {
        accessControlAllowOriginListRegex: ['^https://[a-z]+\\.example$'],
        accessControlExposeHeaders: ['X-Total', 'X-Page'],
        addVaryHeader: true,
      },
      {
        respond: (_request, response) =>
          response.writeHead(200, { Vary: 'Accept', 'Access-Control-Allow-Origin': '*' }).end('ok'),
      },
    );
    const listed = await send('/', [['Origin', 'https://app.example']]);
    expect(valuesOf(listed.headers, 'access-control-allow-origin')).toEqual(['https://app.example']);
    expect(valuesOf(listed.headers, 'access-control-expose-headers')).toEqual(['X-Total,X-Page']);
    expect(valuesOf(listed.headers, 'vary')).toEqual(['Accept,Origin']);
    const other = await send('/', [['Origin', 'https://evil.test']]);
    expect(valuesOf(other.headers, 'access-control-allow-origin')).toEqual(['*']);
  });
});

describe('security headers', () => {
  const all = {
    frameDeny: true,
    contentTypeNosniff: true,
    browserXssFilter: true,
    contentSecurityPolicy: "script-src $NONCE 'self'",
    referrerPolicy: 'same-origin',
    permissionsPolicy: 'geolocation=()',
    stsSeconds: 300,
    stsIncludeSubdomains: true,
    stsPreload: true,
    publicKey: 'pin-sha256="abc"',
  };

  it('are added to every response; those about TLS only for callers that use it', async () => {
    const { send } = await start({ ...all, sslProxyHeaders: { 'X-Forwarded-Proto': 'https' } }, { trustedIPs: ['127.0.0.1'] }); // prettier-ignore
    const plain = Object.fromEntries((await send('/')).headers);
    expect(plain).toMatchObject({
      'X-Frame-Options': 'DENY',
      'X-Content-Type-Options': 'nosniff',
      'X-XSS-Protection': '1; mode=block',
      'Referrer-Policy': 'same-origin',
      'Permissions-Policy': 'geolocation=()',
    });
    expect(plain).not.toHaveProperty('Strict-Transport-Security');
    expect(plain).not.toHaveProperty('Public-Key-Pins');
    const tls = Object.fromEntries((await send('/', [['X-Forwarded-Proto', 'https']])).headers);
    expect(tls).toMatchObject({
      'Strict-Transport-Security': 'max-age=300; includeSubDomains; preload',
      'Public-Key-Pins': 'pin-sha256="abc"',
    });
  });

  it('trust only trusted proxies about TLS and hosts', async () => {
    const { send } = await start({
      stsSeconds: 300,
      sslProxyHeaders: { 'X-Forwarded-Proto': 'https' },
      allowedHosts: ['api.example'],
      hostsProxyHeaders: ['X-Forwarded-Host'],
    });
    const answer = await send('/', [['X-Forwarded-Proto', 'https']]);
    expect(valuesOf(answer.headers, 'strict-transport-security')).toEqual([]);
    const forged = await send('/', [['Host', 'evil.example'], ['X-Forwarded-Host', 'api.example']]); // prettier-ignore
    expect(forged).toMatchObject({ status: 500, seen: undefined });
    expect(JSON.parse(forged.body)).toMatchObject({ code: 'host_not_allowed' });
  });

  it('have their own nonce in each response', async () => {
    const { send } = await start(all);
    const nonces = new Set<string>();
    for (const target of ['/', '/', '/']) {
      const [policy = ''] = valuesOf((await send(target)).headers, 'content-security-policy');
      expect(policy).toMatch(/^script-src 'nonce-[A-Za-z0-9+/]{22}==' 'self'$/);
      nonces.add(policy);
    }
    expect(nonces.size).toBe(3);
  });

  it('are overridden by custom values and by customResponseHeaders', async () => {
    const { send } = await start({
      ...all,
      customFrameOptionsValue: 'SAMEORIGIN',
      customBrowserXSSValue: '0',
      customResponseHeaders: { 'referrer-policy': 'no-referrer', 'X-Content-Type-Options': '' },
    });
    const { headers } = await send('/');
    expect(valuesOf(headers, 'x-frame-options')).toEqual(['SAMEORIGIN']);
    expect(valuesOf(headers, 'x-xss-protection')).toEqual(['0']);
    expect(valuesOf(headers, 'referrer-policy')).toEqual(['no-referrer']);
    expect(valuesOf(headers, 'x-content-type-options')).toEqual([]);
  });

  it('are partly off in development', async () => {
    const { send } = await start({
      ...all,
      forceSTSHeader: true,
      allowedHosts: ['other'],
      isDevelopment: true,
    });
    const answer = await send('/');
    expect(answer.status).toBe(200);
    expect(valuesOf(answer.headers, 'strict-transport-security')).toEqual([]);
    expect(valuesOf(answer.headers, 'x-frame-options')).toEqual(['DENY']);
  });
});

describe('headers of the connection', () => {
  it('are ignored with a warning: they would change where a message ends', async () => {
    const own = {
      headers: {
        customRequestHeaders: {
          'Transfer-Encoding': 'chunked',
          'content-length': 5,
          Connection: 'x-a',
          'X-A': 'a',
        },
        customResponseHeaders: { 'Content-Length': 1, Upgrade: 'h2c' },
      },
    };
    const { problems, steps } = compileMiddlewares({ own });
    expect(problems.map((problem) => /\S+ is ignored/.exec(problem)?.[0])).toEqual([
      'Transfer-Encoding is ignored',
      'content-length is ignored',
      'Connection is ignored',
      'Content-Length is ignored',
      'Upgrade is ignored',
    ]);
    const { send } = await startGatewayWith({}, { steps });
    const { headers, body, seen } = await send('/', [], 'POST', 'four');
    expect(body).toBe('ok');
    expect(seen?.body).toBe('four');
    expect(valuesOf(headers, 'content-length').concat(valuesOf(headers, 'upgrade'))).toEqual(['2']);
    const framing = ['transfer-encoding', 'content-length'].flatMap((name) => valuesOf(seen?.headers, name));
    expect(framing).toEqual(['4']);
    expect(valuesOf(seen?.headers, 'x-a')).toEqual(['a']);
  });
});

it('values of every option are sent in UTF-8, and control characters in them are reported', async () => {
  const { send } = await start({
    contentSecurityPolicy: "img-src 'ü'",
    accessControlAllowHeaders: ['ä'],
    accessControlAllowOriginList: ['*'],
  });
  const [policy = ''] = valuesOf((await send('/')).headers, 'content-security-policy');
  expect(Buffer.from(policy, 'latin1').toString()).toBe("img-src 'ü'");
  expect((await send('/', preflight, 'OPTIONS')).status).toBe(200);
  const broken = {
    referrerPolicy: 'a\u0001',
    accessControlAllowMethods: ['G\r\nET'],
    customRequestHeaders: { A: '\u007f' },
  };
  expect(compileMiddlewares({ own: { headers: broken } }).problems).toHaveLength(3);
});

describe('the options of headers', () => {
  it('are checked at their places', () => {
    const { problems, steps } = compileMiddlewares(`
a:
  headers:
    customRequestHeaders: { "X Space": a, X-Break: "a\\nb" }
    frameDeni: true
    sslRedirect: true
b:
  headers:
    accessControlAllowOriginListRegex: ["(", ok]
`);
    expect(problems).toEqual([
      expect.stringContaining('6:'),
      expect.stringContaining('6:'),
      expect.stringContaining('7:9 a@file.frameDeni: unknown option frameDeni: did you mean frameDeny?'),
      expect.stringContaining('8:9 a@file.sslRedirect: sslRedirect is ignored'),
      expect.stringContaining(
        '11:46 b@file.accessControlAllowOriginListRegex[0]: invalid regular expression',
      ),
    ]);
    expect(steps).toEqual([]);
  });
});

describe('the record of a request whose response a middleware changes', () => {
  // The fast path, the fallback to Node.js, and a response through a step that changes bodies.
  it.each<[string, object, readonly (readonly [string, string])[]]>([
    ['as usual', {}, []],
    ['on the path for unusual requests', {}, [['Expect', '100-continue']]],
    [
      'through a step that changes bodies',
      { second: { compress: { minResponseBodyBytes: 1 } } },
      [['Accept-Encoding', 'gzip']],
    ],
  ])('has the headers of the server and those that the caller gets: %s', async (_, more, headers) => {
    const change = { headers: { customResponseHeaders: { 'X-Added': 'here', ETag: '' } } };
    const { gateway, send } = await startGatewayWith(
      { first: change, ...more },
      { respond: (_request, response) => void response.setHeader('ETag', '"1"').end('body') },
    );
    const answer = await send('/', headers);
    const { originHead, downstreamHeaders } = await gateway.recorded(1);
    expect(valueIn(originHead?.headers ?? [], 'etag')).toBe('"1"');
    expect(valueIn(originHead?.headers ?? [], 'x-added')).toBeUndefined();
    expect(valueIn(downstreamHeaders ?? [], 'etag')).toBeUndefined();
    for (const name of ['x-added', 'content-encoding'])
      expect(valueIn(downstreamHeaders ?? [], name)).toBe(valuesOf(answer.headers, name)[0]);
  });
});
