import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { until } from '../../../testkit/src/until.ts';
import { allow } from '../entrypoints/entry-point.testkit.ts';
import { createDeferred } from '../../../testkit/src/deferred.ts';
import { compileMiddlewares, startGatewayWith } from './middlewares.testkit.ts';

describe('ipAllowList', () => {
  const start = (options: object, trustedIPs: readonly string[] = []) =>
    startGatewayWith({ one: { ipAllowList: options } }, { trustedIPs: [...trustedIPs] });

  it('lets requests from its ranges pass, and refuses others with the configured status', async () => {
    const { send } = await start({ sourceRange: ['127.0.0.0/8'] });
    expect((await send('/')).status).toBe(200);
    const { send: sendOther } = await start({ sourceRange: ['192.0.2.1'], rejectStatusCode: 404 });
    const refused = await sendOther('/');
    expect(refused).toMatchObject({ status: 404, seen: undefined });
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'address_not_allowed' });
    expect(refused.body).not.toContain('127.0.0.1');
  });

  it.each([
    [{ depth: 1 }, '192.0.2.1, 10.0.0.1', 403],
    [{ depth: 2 }, '192.0.2.1, 10.0.0.1', 200],
    [{ depth: 3 }, '192.0.2.1, 10.0.0.1', 403],
    [{ excludedIPs: ['10.0.0.0/8'] }, '198.51.100.1, 192.0.2.1, 10.0.0.1', 200],
    [{ excludedIPs: ['10.0.0.0/8', '192.0.2.0/24'] }, '192.0.2.1, 10.0.0.1', 403],
  ])(
    'uses the address that %j selects from the headers of a trusted proxy',
    async (ipStrategy, chain, status) => {
      const options = { sourceRange: ['192.0.2.0/24'], ipStrategy };
      const { send } = await start(options, ['127.0.0.1']);
      expect((await send('/', [['X-Forwarded-For', chain]])).status).toBe(status);
      const { send: sendUntrusted } = await start(options);
      expect((await sendUntrusted('/', [['X-Forwarded-For', chain]])).status).toBe(403);
    },
  );

  it('has an alias: its name in Traefik 2', async () => {
    const refuse = await startGatewayWith({ one: { ipWhiteList: { sourceRange: ['192.0.2.1'] } } });
    expect((await refuse.send('/')).status).toBe(403);
    const pass = await startGatewayWith({ one: { ipWhiteList: { sourceRange: ['127.0.0.1/32'] } } });
    expect((await pass.send('/')).status).toBe(200);
    const { problems } = compileMiddlewares(
      'a: { ipWhiteList: { sourceRange: [10.0.0.1], rejectStatusCode: 404 } }',
    );
    expect(problems).toEqual([expect.stringContaining('unknown option rejectStatusCode')]);
  });

  it('reports an invalid range at its place', () => {
    const { problems } = compileMiddlewares('a: { ipAllowList: { sourceRange: [10.0.0.0/33, nonsense] } }');
    expect(problems).toEqual([
      expect.stringContaining('a@file.sourceRange[0]: expected an IPv4 or IPv6 address or CIDR range'),
      expect.stringContaining('a@file.sourceRange[1]'),
    ]);
  });
});

describe('rateLimit', () => {
  const [ofA, ofB] = ['a', 'b'].map((name) => [['X-Key', name]] as const);
  const start = async (options: object) => {
    const clock = createFakeClock();
    const served = await startGatewayWith({ one: { rateLimit: options } }, { stepClock: clock });
    return { clock, ...served };
  };

  it('refuses requests above burst and rate, separately for each source, with Retry-After', async () => {
    const { send, clock } = await start({
      average: 1,
      period: '10s',
      burst: 2,
      sourceCriterion: { requestHeaderName: 'X-Key' },
    });
    const statuses = [];
    for (const headers of [ofA, ofA, ofA, ofB]) statuses.push((await send('/', headers)).status);
    expect(statuses).toEqual([200, 200, 429, 200]);
    const refused = await send('/', ofA);
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'rate_limit_exceeded' });
    expect(Object.fromEntries(refused.headers)).toMatchObject({ 'Retry-After': '10' });
    await clock.advance(10_000);
    expect((await send('/', ofA)).status).toBe(200);
    expect((await send('/', ofA)).status).toBe(429);
  });

  it('lets a request wait briefly when its turn is near', async () => {
    const { send, clock } = await start({ average: 10, burst: 1 });
    expect((await send('/')).status).toBe(200);
    await clock.advance(60);
    const waiting = send('/');
    await until(() => clock.pending() === 1);
    await clock.advance(40);
    expect((await waiting).status).toBe(200);
  });

  it('limits nothing without an average', async () => {
    const { send } = await start({ burst: 1 });
    for (let count = 0; count < 3; count += 1) expect((await send('/')).status).toBe(200);
  });

  it('counts by the client that an earlier middleware has authenticated', async () => {
    const clients = ['orders', 'orders', 'billing'];
    const { steps } = compileMiddlewares({
      limit: { rateLimit: { average: 1, period: '1h', sourceCriterion: { requestClientID: true } } },
    });
    const { send } = await startGatewayWith(
      {},
      {
        steps: [
          () => ({
            ...allow(),
            subject: { clientId: clients.shift() ?? '', username: undefined, expiresAt: undefined },
          }),
          ...steps,
        ],
      },
    );
    expect([(await send('/')).status, (await send('/')).status, (await send('/')).status]).toEqual([
      200, 429, 200,
    ]);
  });
});

describe('inFlightReq', () => {
  it('refuses every request when its amount is 0', async () => {
    const { send } = await startGatewayWith({ one: { inFlightReq: { amount: 0 } } });
    expect((await send('/')).status).toBe(429);
    expect((await send('/')).status).toBe(429);
  });

  it('refuses a request of a source at its limit until one of its requests has ended', async () => {
    const begun = createDeferred();
    const finish = createDeferred();
    const { send } = await startGatewayWith(
      { one: { inFlightReq: { amount: 1, sourceCriterion: { requestHeaderName: 'X-Key' } } } },
      {
        respond: (request, response) => {
          if (request.url !== '/slow') {
            response.end();
            return;
          }
          begun.resolve();
          void finish.promise.then(() => response.end());
        },
      },
    );
    const slow = send('/slow');
    await begun.promise;
    expect((await send('/')).status).toBe(429);
    expect((await send('/', [['X-Key', 'other']])).status).toBe(200);
    finish.resolve();
    expect((await slow).status).toBe(200);
    expect((await send('/')).status).toBe(200);
  });

  it('counts nothing for a caller that left while an earlier middleware waited', async () => {
    const asked = createDeferred();
    const decided = createDeferred();
    const { steps } = compileMiddlewares({ one: { inFlightReq: { amount: 1 } } });
    let first = true;
    const { send, gateway } = await startGatewayWith(
      {},
      {
        steps: [
          () => {
            if (!first) return allow();
            first = false;
            asked.resolve();
            return decided.promise.then(() => allow());
          },
          ...steps,
        ],
      },
    );
    const controller = new AbortController();
    const gone = fetch(`http://127.0.0.1:${gateway.port}/`, { signal: controller.signal }).catch(
      () => 'gone',
    );
    await asked.promise;
    controller.abort();
    expect(await gone).toBe('gone');
    await gateway.recorded(1);
    decided.resolve();
    expect((await send('/')).status).toBe(200);
    expect((await send('/')).status).toBe(200);
  });
});
