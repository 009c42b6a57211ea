import { describe, expect, it } from 'vitest';
import { json, type ReceivedRequest } from '../../../testkit/src/scripted-server.ts';
import { bearer, connect, granted, respond, startServer, tokenOf, toJwt } from './exchange.testkit.ts';

/** Seconds since the epoch on the fake clock. */
const nowSeconds = Date.UTC(2026, 0, 1) / 1000;
const subjectOf = ({ body }: ReceivedRequest): string =>
  body.get('subject_token') ?? body.get('assertion') ?? '';
const bodiesOf = (requests: readonly ReceivedRequest[]) => requests.map(({ body }) => [...body]);
const urn = (name: string): string => `urn:ietf:params:oauth:${name}`;

describe('a request for a token exchange', () => {
  it('is that of RFC 8693 section 2.3, and the token of its response reaches the upstream', async () => {
    // Figures 4 and 6.
    const subject = 'accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC';
    const issued =
      'eyJhbGciOiJFUzI1NiIsImtpZCI6IjllciJ9.eyJhdWQiOiJodHRwczovL2JhY2tlbmQuZXhhbXBsZS5jb20iLCJpc3MiOiJodHRwczovL2FzLmV4YW1wbGUuY29tIiwiZXhwIjoxNDQxOTE3NTkzLCJpYXQiOjE0NDE5MTc1MzMsInN1YiI6ImJkY0BleGFtcGxlLmNvbSIsInNjb3BlIjoiYXBpIn0.40y3ZgQedw6rxf59WlwHDD9jryFOr0_Wh3CGozQBihNBhnXEQgU85AI9x3KmsPottVMLPIWvmDCMy5-kdXjwhw';
    const server = await startServer(
      respond({
        access_token: issued,
        issued_token_type: urn('token-type:access_token'),
        token_type: 'Bearer',
        expires_in: 60,
      }),
    );
    const { decide } = connect(server.url, {
      clientID: 'rs08',
      clientSecret: 'long-secure-random-secret',
      rfc8693: { resource: 'https://backend.example.com/api' },
      forwardHeaders: { 'X-Scope': 'scope' },
      usernameClaim: 'sub',
    });
    expect(await decide(subject)).toMatchObject({
      allowed: true,
      setHeaders: ['authorization', `Bearer ${issued}`, 'X-Scope', 'api'],
      subject: { clientId: 'bdc@example.com', username: 'bdc@example.com' },
    });
    const [{ headers, body }] = server.requests as [ReceivedRequest];
    expect(headers.authorization).toBe('Basic cnMwODpsb25nLXNlY3VyZS1yYW5kb20tc2VjcmV0');
    expect(Object.fromEntries(body)).toEqual({
      grant_type: urn('grant-type:token-exchange'),
      resource: 'https://backend.example.com/api',
      subject_token: subject,
      subject_token_type: urn('token-type:access_token'),
    });
  });

  it('has every parameter of the options', async () => {
    const server = await startServer(respond(granted('new')));
    const { decide } = connect(server.url, {
      clientAuthentication: 'client_secret_post',
      rfc8693: {
        subjectTokenType: urn('token-type:jwt'),
        requestedTokenType: urn('token-type:access_token'),
        audience: ['orders', 'billing'],
        resource: ['https://a.example', 'https://b.example'],
        scopes: 'read write',
      },
      endpointParams: { tenant: 'blue' },
      clientConfig: { headers: { 'X-Tenant': 'a' } },
    });
    expect(tokenOf(await decide('old'))).toBe('new');
    expect(server.requests[0]!.headers['x-tenant']).toBe('a');
    expect(bodiesOf(server.requests)[0]!.sort()).toEqual(
      [
        ['audience', 'billing'],
        ['audience', 'orders'],
        ['client_id', 'gateway'],
        ['client_secret', 'gateway-secret'],
        ['grant_type', urn('grant-type:token-exchange')],
        ['requested_token_type', urn('token-type:access_token')],
        ['resource', 'https://a.example'],
        ['resource', 'https://b.example'],
        ['scope', 'read write'],
        ['subject_token', 'old'],
        ['subject_token_type', urn('token-type:jwt')],
        ['tenant', 'blue'],
      ].sort(),
    );
  });

  it('is an on-behalf-of request with the method entraID', async () => {
    const server = await startServer(
      respond({ access_token: 'new', token_type: 'Bearer', expires_in: 3599 }),
    );
    const { decide } = connect(server.url, {
      method: 'entraID',
      entraID: { scopes: ['api://orders/.default', 'offline_access'] },
    });
    expect(tokenOf(await decide('old'))).toBe('new');
    expect(Object.fromEntries(server.requests[0]!.body)).toEqual({
      grant_type: urn('grant-type:jwt-bearer'),
      assertion: 'old',
      requested_token_use: 'on_behalf_of',
      scope: 'api://orders/.default offline_access',
    });
  });
});

describe('an exchanged token', () => {
  it("replaces the caller's token, wherever it was", async () => {
    const server = await startServer(respond(granted('new')));
    const { decideOn } = connect(server.url, { tokenSource: { header: 'X-Token' } });
    const decision = await decideOn({
      authorization: 'Basic YTpi',
      target: '/',
      header: (name) => (name === 'x-token' ? 'old' : undefined),
    });
    expect(decision).toMatchObject({ setHeaders: ['authorization', 'Bearer new'] });
    expect(decision.allowed && [...decision.removeHeaders]).toEqual(['x-token', 'authorization']);
  });

  it('is requested once for 100 parallel requests, and cached until shortly before it expires', async () => {
    const server = await startServer(respond(granted('new', { expires_in: 100 })));
    const { decide, clock, tally } = connect(server.url);
    const decisions = await Promise.all(Array.from({ length: 100 }, () => decide('old')));
    expect(new Set(decisions)).toEqual(new Set([decisions[0]]));
    await clock.advance(94_999);
    expect(await decide('old')).toBe(decisions[0]);
    expect(server.requests).toHaveLength(1);
    expect(tally.memory).toBe(1);
    await clock.advance(1);
    await decide('old');
    expect(server.requests).toHaveLength(2);
  });

  it('is not used longer than the token of the caller', async () => {
    const server = await startServer(respond(granted('new')));
    const { decide, clock } = connect(server.url);
    const subject = toJwt({ sub: 'ada', exp: nowSeconds + 60 });
    await decide(subject);
    await clock.advance(54_999);
    await decide(subject);
    expect(server.requests).toHaveLength(1);
    await clock.advance(1);
    await decide(subject);
    expect(server.requests).toHaveLength(2);
  });

  it('ends with the token of the caller by the clock of the server', async () => {
    const server = await startServer((response) => {
      response.sendDate = false;
      json(response, 200, granted('new'), { date: new Date((nowSeconds - 3600) * 1000).toUTCString() });
    });
    const { decide, clock } = connect(server.url);
    // Expired an hour ago by the local clock.
    const subject = toJwt({ sub: 'ada', exp: nowSeconds - 3600 + 60 });
    await decide(subject);
    await clock.advance(50_000);
    await decide(subject);
    expect(server.requests).toHaveLength(1);
  });

  it('is used once when its lifetime is unknown, unless tokenLifetime is set', async () => {
    const server = await startServer(respond(granted('new', { expires_in: undefined })));
    const once = connect(server.url);
    await once.decide('old');
    await once.decide('old');
    expect(server.requests).toHaveLength(2);
    const cached = connect(server.url, { tokenLifetime: '60s' });
    await cached.decide('old');
    await cached.decide('old');
    expect(server.requests).toHaveLength(3);
  });

  it('names the client of the caller, and decides by its own claims', async () => {
    const claims = { azp: 'gateway', sub: 'ada', grp: 'admin' };
    const server = await startServer(respond(granted(toJwt(claims))), respond(granted('opaque')));
    const { decide } = connect(server.url, { claims: 'Equals(`grp`, `admin`)' });
    expect(await decide(toJwt({ azp: 'shop', sub: 'ada', grp: 'guest' }))).toMatchObject({
      allowed: true,
      subject: { clientId: 'shop' },
    });
    expect(await decide('another')).toMatchObject({ code: 'token_invalid', status: 401 });
  });

  it('is refused when the server issued another kind of token', async () => {
    const type = urn('token-type:refresh_token');
    const server = await startServer(respond(granted('new', { issued_token_type: type })));
    expect(await connect(server.url).decide('old')).toMatchObject({
      code: 'token_response_invalid',
      reason: `issued_token_type is "${type}"`,
    });
    const asked = connect(server.url, { rfc8693: { requestedTokenType: type } });
    expect(tokenOf(await asked.decide('old'))).toBe('new');
  });

  it('of the type N_A is accepted if so configured', async () => {
    const server = await startServer(respond(granted('new', { token_type: 'N_A' })));
    expect(await connect(server.url).decide('old')).toMatchObject({ code: 'token_response_invalid' });
    const lenient = connect(server.url, { acceptedTokenTypes: ['N_A'] });
    expect(tokenOf(await lenient.decide('old'))).toBe('new');
  });
});

describe('callers', () => {
  it('each get their own token, however many come at once', async () => {
    const server = await startServer((response, request) =>
      setImmediate(() => json(response, 200, granted(`new-of-${subjectOf(request)}`))),
    );
    const { decide, decideOn } = connect(server.url);
    const subjects = Array.from({ length: 100 }, (_, at) => `subject-${at}`);
    for (let round = 0; round < 3; round += 1) {
      const tokens = await Promise.all(subjects.map(async (subject) => tokenOf(await decide(subject))));
      expect(tokens).toEqual(subjects.map((subject) => `new-of-${subject}`));
    }
    expect(server.requests).toHaveLength(100);
    // Requests on one connection with one head, and others in between.
    const sharedHead = {};
    const first = { ...bearer('subject-0'), sharedHead };
    for (const request of [first, bearer('subject-1'), first])
      expect(tokenOf(await decideOn(request))).toBe(
        `new-of-${request.authorization!.replace('Bearer ', '')}`,
      );
  });

  it('without a token, or with two, are refused', async () => {
    const server = await startServer(respond(granted('new')));
    const { decideOn } = connect(server.url, { tokenSource: { header: 'Authorization', query: 'token' } });
    const nobody = { authorization: undefined, target: '/', header: () => undefined };
    expect(await decideOn(nobody)).toMatchObject({
      status: 401,
      code: 'token_missing',
      challenge: 'Bearer realm="grantgate"',
    });
    expect(await decideOn({ ...bearer('a'), target: '/?token=b' })).toMatchObject({ status: 400 });
    expect(server.requests).toHaveLength(0);
  });

  it('need the certificate or the proof that their token is bound to', async () => {
    const server = await startServer(respond(granted('new')));
    const { decideOn } = connect(server.url);
    const certified = toJwt({ sub: 'ada', cnf: { 'x5t#S256': 'thumb' } });
    expect(await decideOn({ ...bearer(certified), target: '/certified' })).toMatchObject({ allowed: true });
    expect(await decideOn(bearer(certified))).toMatchObject({ code: 'token_invalid' });
    const keyed = toJwt({ sub: 'ada', cnf: { jkt: 'x' } });
    expect(await decideOn(bearer(keyed))).toMatchObject({ code: 'token_invalid' });
    expect(await decideOn(bearer(keyed, 'DPoP'))).toMatchObject({ code: 'token_invalid' });
    expect(await decideOn(bearer('opaque', 'DPoP'))).toMatchObject({ code: 'token_invalid' });
  });

  it('lose their tokens with a purge', async () => {
    const server = await startServer(respond(granted('new')));
    const { decide, purge } = connect(server.url);
    await decide(toJwt({ azp: 'shop' }));
    expect(purge('another')).toBe(0);
    expect(purge('shop')).toBe(1);
    await decide(toJwt({ azp: 'shop' }));
    expect(server.requests).toHaveLength(2);
  });
});
