import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { MaybePromise } from '@grantgate/middleware/base/maybe-promise';
import type { Decision } from '@grantgate/middleware/decision/decision';
import type { RequestFacts as DecisionFacts } from '@grantgate/middleware/decision/facts';
import { createDeny } from '@grantgate/middleware/decision/refusals';
import { createFakeClock } from '../../../middleware/src/base/fake-clock.testkit.ts';
import type { CheckConfig } from '../config/install.ts';
import { parseInstall } from '../config/parse-install.ts';
import { openEntryPoint } from '../entrypoints/entry-point.ts';
import { allow } from '../entrypoints/gateway.testkit.ts';
import type { RequestRecord } from '../pipeline/record.ts';
import type { RequestFacts } from '../routing/facts.ts';
import type { Check } from '../snapshot/snapshot.ts';
import { createAnswerAtOnce } from './answer-at-once.ts';
import { createForwardAuthHandle } from './forward-auth.ts';

const good = 'Basic Z29vZDpzZWNyZXQ=';

type Decide = (facts: DecisionFacts) => MaybePromise<Decision>;

/** Lets the good credentials pass, with the same answer each time, as one from memory is. */
function letPass(decision: Decision): Decide {
  const missing = createDeny('credentials_missing', 'the request has no credentials');
  return ({ authorization }) => (authorization === good ? decision : missing);
}

const admin = letPass(allow({ Group: 'admin', 'X-Missing': '' }, 'Zoë'));
const guards: Readonly<Record<string, readonly Decide[]>> = {
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

interface Told {
  readonly record: RequestRecord;
  readonly facts: RequestFacts;
}

interface Door {
  /** How many requests were answered at once. */
  atOnce(): number;
  /** Sends text on a connection of its own; what came back until its end, and the record of the request. */
  send(request: string): Promise<{ readonly answer: string; readonly told: Told | undefined }>;
  readonly defects: readonly unknown[];
  leases(): number;
  close(): Promise<void>;
}

/** An entry point for checks, with the short way or without it. */
async function openDoor(options: string, short: boolean): Promise<Door> {
  const install = `entryPoints: { checks: { address: "127.0.0.1:0", forwardAuth: ${options} } }`;
  const config = parseInstall(install, 'grantgate.yaml').config!.entryPoints.get('checks')!;
  const check: CheckConfig = config.check!;
  const checks = new Map<string, Check>(
    Object.entries(guards).map(([name, decides]) => [
      name,
      {
        routerName: `${name}@file`,
        serviceName: undefined,
        guards: decides.map((decide) => ({ name: `${name}@file`, decide })),
        broken: name === 'broken' ? 'it is broken' : undefined,
      },
    ]),
  );
  const clock = createFakeClock();
  const records: Told[] = [];
  const defects: unknown[] = [];
  let leases = 0;
  let atOnce = 0;
  const pipeline = {
    clock,
    acquire() {
      leases += 1;
      const snapshot = { match: () => undefined, check: (name: string) => checks.get(name) };
      return { snapshot, release: () => void (leases -= 1) };
    },
    onRecord(record: RequestRecord) {
      // As the access log does: later, its connection may be gone.
      records.push({ record, facts: record.facts });
    },
    onDefect: (error: unknown) => void defects.push(error),
  };
  const answerAtOnce = createAnswerAtOnce(check, pipeline);
  const entryPoint = await openEntryPoint(config, {
    clock,
    handle: createForwardAuthHandle(check, pipeline),
    answerAtOnce: short
      ? (...exchange) => {
          const answered = answerAtOnce(...exchange);
          if (answered) atOnce += 1;
          return answered;
        }
      : undefined,
    certificates: [],
    onError: (error) => void defects.push(error),
  });
  return {
    atOnce: () => atOnce,
    async send(request) {
      const before = records.length;
      const socket = connect({ port: entryPoint.port, host: '127.0.0.1' }).setEncoding('latin1');
      socket.write(request, 'latin1');
      const answer = await text(socket);
      // What is no request at all has no record.
      const recorded = !answer.startsWith('HTTP/1.1 400 ');
      const told = recorded ? await vi.waitUntil(() => records[before], { timeout: 60_000 }) : undefined;
      return { answer, told };
    },
    defects,
    leases: () => leases,
    close: () => entryPoint.drain(),
  };
}

interface Asked {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly headers: readonly string[];
  readonly body: string;
}

const write = ({ method, target, version, headers, body }: Asked): string =>
  [`${method} ${target} HTTP/${version}`, ...headers, 'Connection: close', body === '' ? '\r\n' : body].join(
    '\r\n',
  );

const plain: Asked = {
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
  'Expect: 100-continue', 'Upgrade: websocket',
]; // prettier-ignore

/** Mostly what is answered at once, and whatever a proxy or a caller may do to change that. */
const asked: fc.Arbitrary<Asked> = fc.record({
  method: mostly('GET', 'HEAD', 'POST', 'OPTIONS', 'TRACE', 'PURGE'),
  target: fc
    .tuple(
      mostly('/forward-auth/', '/Forward-Auth/', '/', 'http://h/forward-auth/'),
      fc.oneof(fc.constant('memory'), fc.constantFrom('mem%6Fry', 'nobody', '', ...Object.keys(guards))),
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

/** All but what is new in every answer: an ID that the caller has not given, the date, the ports. */
const comparable = ({ answer, told }: Awaited<ReturnType<Door['send']>>): unknown => {
  const withoutNew = (value: string): string =>
    value.replace(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, 'NEW').replace(/^Date: .*\r\n/m, '');
  if (told === undefined) return withoutNew(answer);
  const { record, facts } = told;
  const { requestId, startedAt, durationMs, status, refusal, clientUsername, routerName, httpVersion } =
    record;
  const { originDurationMs, originStatus, originBytes, downstreamBytes, serviceName, serverUrl } = record;
  return {
    answer: withoutNew(answer),
    facts: { ...facts, remotePort: 0, localPort: 0 },
    requestId: withoutNew(requestId),
    times: [startedAt, durationMs, originDurationMs],
    rest: { status, refusal, clientUsername, routerName, httpVersion, originStatus, originBytes, downstreamBytes, serviceName, serverUrl },
  }; // prettier-ignore
};

describe.each([
  ['by default', '{}'],
  ['with names of its own', '{ usernameHeader: Group, problemHeader: X-Problem, statusMap: { 401: 407 } }'],
  ['with credentials in another header', '{ credentialsHeader: X-Credentials }'],
])('a check that is answered at once, %s', (_how, options) => {
  let short: Door;
  let long: Door;
  beforeAll(async () => {
    [short, long] = [await openDoor(options, true), await openDoor(options, false)];
  });
  afterAll(() => Promise.all([short.close(), long.close()]));

  it('has the answer and the record that it would have had', async () => {
    await fc.assert(
      fc.asyncProperty(asked, async (one) => {
        const [quick, ordinary] = [await short.send(write(one)), await long.send(write(one))];
        expect(comparable(quick)).toEqual(comparable(ordinary));
      }),
      { numRuns: 300 },
    );
    expect(short.defects).toEqual(long.defects);
    expect([short.leases(), long.leases()]).toEqual([0, 0]);
  });
});

describe('a check', () => {
  let door: Door;
  beforeAll(async () => (door = await openDoor('{}', true)));
  afterAll(() => door.close());
  const isAnsweredAtOnce = async (one: Partial<Asked>): Promise<boolean> => {
    const before = door.atOnce();
    await door.send(write({ ...plain, ...one }));
    return door.atOnce() > before;
  };

  it.each<[string, Partial<Asked>]>([
    ['whose answer is in memory', {}],
    ['with a path below', { target: '/forward-auth/memory/orders/1?page=2' }],
    ['of any method', { method: 'POST' }],
    ['that says it has no body', { headers: [...plain.headers, 'Content-Length: 0'] }],
    ['by the middleware’s own credentials', { target: '/forward-auth/own', headers: ['Host: a'] }],
    ['that lies about a forwarded header', { headers: [...plain.headers, 'Group: root'] }],
  ])('%s is answered at once', async (_which, one) => {
    expect(await isAnsweredAtOnce(one)).toBe(true);
  });

  it.each<[string, Partial<Asked>]>([
    ['that is refused', { headers: ['Host: a'] }],
    ['with two credentials', { headers: [...plain.headers, `Authorization: ${good}`] }],
    ['with a body', { body: withLength }],
    ['with a body of unknown length', { body: chunked }],
    ['with a header that has _', { headers: [...plain.headers, 'X_Missing: root'] }],
    ['that sets a header with _', { target: '/forward-auth/underscore' }],
    ['that has to be waited for', { target: '/forward-auth/later' }],
    ['of several middlewares', { target: '/forward-auth/two' }],
    ['of a broken middleware', { target: '/forward-auth/broken' }],
    ['of a decision that throws', { target: '/forward-auth/throwing' }],
    ['of nothing that is there', { target: '/forward-auth/nobody' }],
    ['without a Host', { headers: plain.headers.slice(1) }],
    ['with a fragment', { target: '/forward-auth/memory#a' }],
  ])('%s takes the long way', async (_which, one) => {
    expect(await isAnsweredAtOnce(one)).toBe(false);
  });
});
