import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect as connectHttp2, type OutgoingHttpHeaders } from 'node:http2';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { MaybePromise } from '@grantgate/middleware/base/maybe-promise';
import type { Decision, DecisionFacts } from '@grantgate/middleware/decision/decision';
import { createDeny } from '@grantgate/middleware/decision/refusals';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import type { ExternalAuthConfig, EntryPointConfig } from '../config/entry-point-config.ts';
import { parseInstall } from '../config/parse-install.ts';
import { createActivity } from '../entrypoints/activity.ts';
import { createReadConnection } from '../http1/server/connection-facts.ts';
import { openEntryPoint, type EntryPoint } from '../entrypoints/entry-point.ts';
import { allow } from '../entrypoints/entry-point.testkit.ts';
import { serveWithNode } from '../http1/server/node-fallback.ts';
import { createReadFacts } from '../http1/server/request-facts.ts';
import { createTrustedPeers } from '../http1/server/trusted-peers.ts';
import { createWriteStalls } from '../http1/server/write-stalls.ts';
import type { Handle } from '../pipeline/handle.ts';
import type { RequestRecord } from '../pipeline/record.ts';
import type { RequestFacts } from '../routing/facts.ts';
import { createReadPath } from '../routing/request-path.ts';
import type { StepChain } from '../snapshot/snapshot.ts';
import { createForwardAuthHandle } from './forward-auth.ts';

const good = 'Basic Z29vZDpzZWNyZXQ=';

type DecideRequest = (facts: DecisionFacts) => MaybePromise<Decision>;

/** Lets valid credentials pass, with the same response each time, as from memory. */
function letPass(decision: Decision): DecideRequest {
  const missing = createDeny('credentials_missing', 'the request has no credentials');
  return ({ authorization }) => (authorization === good ? decision : missing);
}

const admin = letPass(allow({ Group: 'admin', 'X-Missing': '' }, 'Zoë'));
const middlewares: Readonly<Record<string, readonly DecideRequest[]>> = {
  memory: [admin],
  anonymous: [letPass(allow())],
  own: [() => allow({ 'X-Auth-Request-User': 'claimed' })],
  underscore: [letPass(allow({ X_Under: 'admin' }, 'good'))],
  later: [async (facts) => admin(facts)],
  two: [letPass({ ...allow({}, 'first'), setHeaders: ['Authorization', good] }), admin],
  none: [],
  broken: [admin],
  throwing: [
    () => {
      throw new Error('a decision that throws');
    },
  ],
};

interface RecordedDecision {
  readonly record: RequestRecord;
  readonly facts: RequestFacts;
}

interface TestListener {
  readonly port: number;
  close(): Promise<void>;
}

interface ProxyEntry {
  readonly port: number;
  /** Sends text on a separate connection; returns the received bytes until its end, and the record of the request. */
  send(request: string): Promise<{ readonly answer: string; readonly told: RecordedDecision | undefined }>;
  readonly defects: readonly unknown[];
  leases(): number;
  close(): Promise<void>;
}

/** An entry point for authorization checks, or only Node.js's server with the same checks behind it. */
async function startProxyEntry(options: string, paths: 'both' | 'node'): Promise<ProxyEntry> {
  const install = `entryPoints: { checks: { address: "127.0.0.1:0", forwardAuth: ${options} } }`;
  const config = parseInstall(install, 'grantgate.yaml').config!.entryPoints.get('checks')!;
  const check: ExternalAuthConfig = config.externalAuth!;
  const checks = new Map<string, StepChain>(
    Object.entries(middlewares).map(([name, decides]) => [
      name,
      {
        routerName: `${name}@file`,
        serviceName: undefined,
        steps: decides.map((onRequest) => ({ name: `${name}@file`, onRequest })),
        changesResponses: false,
        changesBodies: false,
        followsEnds: false,
        broken: name === 'broken' ? 'it is broken' : undefined,
      },
    ]),
  );
  const clock = createFakeClock();
  const records: RecordedDecision[] = [];
  const defects: unknown[] = [];
  let leases = 0;
  const pipeline = {
    clock,
    acquire() {
      leases += 1;
      const snapshot = {
        match: () => undefined,
        tlsOptionsOf: () => 'default',
        findMetadata: () => undefined,
        findSteps: (name: string) => checks.get(name),
      };
      return { snapshot, release: () => void (leases -= 1) };
    },
    onRecord(record: RequestRecord) {
      // As the access log does, because its connection may be closed later.
      records.push({ record, facts: record.facts });
    },
    onDefect: (error: unknown) => void defects.push(error),
  };
  const handle = createForwardAuthHandle(check, pipeline);
  const onError = (error: unknown): void => void defects.push(error);
  const listening =
    paths === 'both'
      ? toListening(await openEntryPoint(config, { clock, handle, certificates: [], onError }))
      : await openNodeFallback(config, handle);
  return {
    port: listening.port,
    async send(request) {
      const before = records.length;
      const socket = connect({ port: listening.port, host: '127.0.0.1' }).setEncoding('latin1');
      socket.write(request, 'latin1');
      const answer = await text(socket);
      // Bytes that are not a request have no record.
      const recorded = !answer.startsWith('HTTP/1.1 400 ');
      const told = recorded ? await vi.waitUntil(() => records[before], { timeout: 60_000 }) : undefined;
      return { answer, told };
    },
    defects,
    leases: () => leases,
    close: () => listening.close(),
  };
}

const toListening = (entryPoint: EntryPoint): TestListener => ({
  port: entryPoint.port,
  close: () => entryPoint.drain(),
});

async function openNodeFallback(config: EntryPointConfig, handle: Handle): Promise<TestListener> {
  const server = createServer({ requireHostHeader: false, keepAliveTimeout: config.transport.idleTimeoutMs });
  const connectionOf = createReadConnection(
    createTrustedPeers(config.trustedIPs, config.insecureForwardedHeaders),
    () => undefined,
  );
  const readFacts = createReadFacts({ entryPoint: config.name, connectionOf });
  serveWithNode(server, {
    config,
    activity: createActivity(),
    readFacts,
    handle,
    readPath: createReadPath(config.encodedCharacters),
    stalls: createWriteStalls(createFakeClock(), config.transport.writeTimeoutMs),
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

interface AuthorizationCall {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly headers: readonly string[];
  readonly body: string;
}

const write = ({ method, target, version, headers, body }: AuthorizationCall): string =>
  [`${method} ${target} HTTP/${version}`, ...headers, 'Connection: close', body === '' ? '\r\n' : body].join(
    '\r\n',
  );

const plain: AuthorizationCall = {
  method: 'GET',
  target: '/forward-auth/memory',
  version: '1.1',
  headers: ['Host: api.example.com', `Authorization: ${good}`],
  body: '',
};

const withLength = 'Content-Length: 3\r\n\r\nabc';
const chunked = 'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';

const mostly = <T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );

const others = [
  'Group: root', 'gROUP: root', 'X-Missing: root', 'X_Missing: root', 'X_MISSING: root', 'X-Under: root', 'X_Under: root',
  'X-Auth-Request-User: root', `Authorization: ${good}`, 'X-Request-Id: r-1', 'X-Request-Id: not fit for a log \xe9', 'Accept: */*',
  'X-Forwarded-Method: PUT', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: shop.example', 'X-Forwarded-Uri: /a?b=c',
  'X-Forwarded-For: 192.0.2.7', 'X-Original-URL: https://shop.example/d?e=f', 'X-Original-Method: DELETE', 'Content-Length: 0',
  'Expect: 100-continue', 'Upgrade: websocket', 'Connection: close, te', 'Cookie: a=b', 'X-Empty:', 'X-Blank: \t a \t ',
]; // prettier-ignore

/** Mostly requests of the fast path, with any change that a proxy or a caller may make to them. */
const asked: fc.Arbitrary<AuthorizationCall> = fc.record({
  method: mostly('GET', 'HEAD', 'POST', 'OPTIONS', 'TRACE', 'PURGE'),
  target: fc
    .tuple(
      mostly('/forward-auth/', '/Forward-Auth/', '/', 'http://h/forward-auth/'),
      fc.oneof(fc.constant('memory'), fc.constantFrom('mem%6Fry', 'nobody', '', ...Object.keys(middlewares))),
      mostly('', '/', '/orders/1?page=2', '?a=b', '#c', '/../none', '//'),
    )
    .map((parts) => parts.join('')),
  version: mostly('1.1', '1.0'),
  headers: fc
    .tuple(
      mostly(['Host: api.example.com'], [], ['Host: a', 'Host: b']),
      mostly(`Authorization: ${good}`, `aUTHORIZATION: ${good}`, `X-Credentials: ${good}`, 'Authorization:'),
      fc.array(fc.constantFrom(...others), { maxLength: 3 }),
    )
    .map(([host, credentials, more]) => [...host, credentials, ...more]),
  body: mostly('', withLength, chunked),
});

/** Everything except the parts that are new in every response: a generated ID, the date, the ports. */
const comparable = ({ answer, told }: Awaited<ReturnType<ProxyEntry['send']>>): unknown => {
  const withoutNew = (value: string): string =>
    value.replace(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, 'NEW').replace(/^Date: .*\r\n/m, '');
  if (told === undefined) return withoutNew(answer);
  const { record, facts } = told;
  const { requestId, startedAt, durationMs, status, refusal, clientUsername, routerName, httpVersion } =
    record;
  const { originDurationMs, originStatus, originBytes, downstreamBytes, serviceName, serverUrl } = record;
  return {
    answer: withoutNew(answer),
    facts: { ...facts, remotePort: 0, reusesHeaders: false },
    requestId: withoutNew(requestId),
    times: [startedAt, durationMs, originDurationMs],
    rest: { status, refusal, clientUsername, routerName, httpVersion, originStatus, originBytes, downstreamBytes, serviceName, serverUrl },
  }; // prettier-ignore
};

describe.each([
  ['by default', '{}'],
  ['with names of its own', '{ usernameHeader: Group, problemHeader: X-Problem, statusMap: { 401: 407 } }'],
  ['with credentials in another header', '{ credentialsHeader: X-Credentials }'],
])('an authorization check, %s,', (_how, options) => {
  let both: ProxyEntry;
  let node: ProxyEntry;
  beforeAll(async () => {
    [both, node] = [await startProxyEntry(options, 'both'), await startProxyEntry(options, 'node')];
  });
  afterAll(() => Promise.all([both.close(), node.close()]));

  it('gets the same response and the same record on both paths', async () => {
    await fc.assert(
      fc.asyncProperty(asked, async (one) => {
        const [mine, nodes] = [await both.send(write(one)), await node.send(write(one))];
        expect(comparable(mine)).toEqual(comparable(nodes));
      }),
      { numRuns: 300 },
    );
    expect(both.defects).toEqual(node.defects);
    expect([both.leases(), node.leases()]).toEqual([0, 0]);
  });
});

describe('an authorization check', () => {
  let entry: ProxyEntry;
  beforeAll(async () => (entry = await startProxyEntry('{}', 'both')));
  afterAll(() => entry.close());
  const takesFastPath = async (one: Partial<AuthorizationCall>): Promise<boolean> => {
    let byNode = false;
    const onRequest = (): void => void (byNode = true);
    subscribe('http.server.request.start', onRequest);
    await entry.send(write({ ...plain, ...one }));
    unsubscribe('http.server.request.start', onRequest);
    return !byNode;
  };

  it('with more header lines than the entry point allows is refused', async () => {
    const headers = [...plain.headers, ...Array.from({ length: 98 }, () => 'a:')];
    const { answer, told } = await entry.send(write({ ...plain, headers }));
    expect(answer).toMatch(/^HTTP\/1\.1 431 [^]*"code":"too_many_header_fields"/);
    expect(told?.record).toMatchObject({ status: 431, refusal: { code: 'too_many_header_fields' } });
    expect((await entry.send(write({ ...plain, headers: headers.slice(1) }))).answer).not.toContain(' 431 ');
  });

  it.each<[string, Partial<AuthorizationCall>]>([
    ['of the plain form', {}],
    ['with a path below', { target: '/forward-auth/memory/orders/1?page=2' }],
    ['of another method', { method: 'POST' }],
    ['in HTTP/1.0', { version: '1.0' }],
    ['that is refused', { headers: ['Host: a'] }],
    ['with a body that has come whole', { body: withLength }],
    ['that has to be waited for', { target: '/forward-auth/later' }],
    ['of a decision that throws', { target: '/forward-auth/throwing' }],
    ['with an unregistered method', { method: 'FOO' }],
    ['for an unknown middleware', { target: '/forward-auth/nobody' }],
  ])('%s uses the fast path', async (_which, one) => {
    expect(await takesFastPath(one)).toBe(true);
  });

  it.each<[string, Partial<AuthorizationCall>]>([
    ['with a body of unknown length', { body: chunked }],
    ['of a method that is refused', { method: 'TRACE' }],
    ['with an absolute target', { target: 'http://a/forward-auth/memory' }],
    ['that asks for more than that of its connection', { headers: [...plain.headers, 'Connection: te'] }],
  ])('%s uses the fallback to Node.js', async (_which, one) => {
    expect(await takesFastPath(one)).toBe(false);
  });
});

describe('an authorization check over HTTP/2 about a request of gRPC', () => {
  // Proxies forward the caller's content type, and interpret 200 as permission.
  const grpc = { ':path': '/forward-auth/memory', 'content-type': 'application/grpc' };

  it.each<[string, OutgoingHttpHeaders, number]>([
    ['that may pass', { authorization: good }, 200],
    ['without credentials', {}, 401],
    ['to an unknown middleware', { ':path': '/forward-auth/nobody', authorization: good }, 404],
    ['with another host than its authority', { host: 'other.example', authorization: good }, 400],
    ['with a method that is not served', { ':method': 'TRACE', authorization: good }, 501],
  ])('%s, gets its HTTP status', async (_what, headers, status) => {
    const entry = await startProxyEntry('{}', 'both');
    const session = connectHttp2(`http://127.0.0.1:${entry.port}`);
    const stream = session.request({ ...grpc, ':authority': 'api.example.com', ...headers });
    const [response] = (await once(stream, 'response')) as [{ readonly ':status': number }];
    expect(response[':status']).toBe(status);
    session.destroy();
    await entry.close();
  });
});
