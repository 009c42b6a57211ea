import { normalizeHeaderName } from '@grantgate/middleware/base/header-name';
import type { Clock } from '@grantgate/middleware/base/clock';
import { systemClock } from '@grantgate/middleware/base/clock';
import type { Allow, Deny } from '@grantgate/middleware/decision/decision';
import { createDeny } from '@grantgate/middleware/decision/refusals';
import { inTime } from '../../../testkit/src/until.ts';
import type { ServiceConfig, StickyConfig } from '../config/dynamic.ts';
import type {
  EncodedCharacters,
  ProxyProtocolConfig,
  TransportConfig,
} from '../config/entry-point-config.ts';
import { parseInstall } from '../config/parse-install.ts';
import type { Step } from '../middlewares/step.ts';
import { createHandle } from '../pipeline/handle.ts';
import type { RequestRecord } from '../pipeline/record.ts';
import type { RequestFacts } from '../routing/facts.ts';
import { createHolder } from '../snapshot/holder.ts';
import type { Route } from '../snapshot/snapshot.ts';
import { createServices } from '../upstream/create-upstream.ts';
import type { UpstreamTransport } from '../upstream/transport.ts';
import type { CertificatePair } from '../tls/certificate-pair.ts';
import type { ListenerTls } from '../tls/listener-tls.ts';
import { openEntryPoint, type EntryPoint } from './entry-point.ts';
import { secretNamesOf } from '../snapshot/routes.ts';

export type OnRequest = Step['onRequest'];

export interface TestEntryPointOptions {
  /** URLs of the servers; none: no healthy server. */
  readonly servers?: readonly string[];
  /** URLs of a server of each service that steps send requests to, by qualified name. */
  readonly services?: Readonly<Record<string, string>>;
  /** Those without a name get one. */
  readonly steps?: readonly (OnRequest | Step)[];
  /** Headers of each step. */
  readonly renew?: NonNullable<Step['renew']>;
  readonly broken?: string;
  readonly match?: (facts: RequestFacts) => boolean;
  readonly transport?: Partial<TransportConfig>;
  readonly encodedCharacters?: Partial<EncodedCharacters>;
  readonly upstreamTransport?: Partial<UpstreamTransport>;
  readonly trustedIPs?: readonly string[];
  readonly proxyProtocol?: ProxyProtocolConfig | undefined;
  readonly passHostHeader?: boolean;
  readonly certificates?: readonly CertificatePair[];
  /** Name of the TLS options that the route requires; default: the default ones. */
  readonly requiredTls?: string;
  /** TLS settings of the routes. */
  readonly tls?: ListenerTls;
  readonly sticky?: StickyConfig;
  readonly ticketSecret?: Uint8Array;
  readonly clock?: Clock;
}

/** An entry point, the pipeline and real upstream pools over one hand-built route. */
export interface TestEntryPoint {
  readonly port: number;
  readonly origin: string;
  readonly entryPoint: EntryPoint;
  readonly records: readonly RequestRecord[];
  readonly defects: readonly unknown[];
  /** Leases that have been acquired and not yet released; a second release counts as -1. */
  leases(): number;
  /** Resolves when that many requests have ended in total. */
  recorded(count: number): Promise<RequestRecord>;
  close(): Promise<void>;
}

const { config } = parseInstall('entryPoints: { web: { address: "127.0.0.1:0" } }', 'test');
const defaults = config!.entryPoints.get('web')!;

export async function startEntryPoint(options: TestEntryPointOptions): Promise<TestEntryPoint> {
  const clock = options.clock ?? systemClock;
  const toService = (name: string, urls: readonly string[]): ServiceConfig => ({
    name,
    kind: 'loadBalancer',
    place: { file: 'test', line: 1, column: 1 },
    errors: [],
    servers: urls.map((url) => ({ url, weight: 1 })),
    passHostHeader: options.passHostHeader ?? true,
    serversTransport: undefined,
    healthCheck: undefined,
    sticky: options.sticky,
  });
  const service = toService('api@file', options.servers ?? []);
  const others = Object.entries(options.services ?? {}).map(([name, url]) => toService(name, [url]));
  const upstreams = createServices({
    clock,
    ...(options.upstreamTransport !== undefined && { transport: options.upstreamTransport }),
  }).open(new Map([service, ...others].map((one) => [one.name, one])));
  const steps = (options.steps ?? []).map((step, index): Step =>
    typeof step === 'object'
      ? step
      : {
          name: `step-${index}@file`,
          onRequest: step,
          ...(options.renew !== undefined && { renew: options.renew }),
        },
  );
  const route: Route = {
    routerName: 'router@file',
    serviceName: service.name,
    steps,
    changesResponses: steps.some(({ onResponse }) => onResponse !== undefined),
    changesBodies: steps.some(({ wrapResponse }) => wrapResponse !== undefined),
    followsEnds: steps.some(({ onEnd }) => onEnd !== undefined),
    secretNames: secretNamesOf(steps),
    upstream: upstreams.byName.get(service.name)!,
    retry: steps.findLast(({ retry }) => retry !== undefined)?.retry,
    services: upstreams.byName,
    broken: options.broken,
  };
  const match = options.match ?? (() => true);
  const holder = createHolder(
    {
      snapshot: {
        match: ({ facts }) => (match(facts) ? route : undefined),
        tlsOptionsOf: () => options.requiredTls ?? 'default',
        findSteps: () => undefined,
        findMetadata: () => undefined,
      },
      retire() {},
      close: () => upstreams.close(),
    },
    (error) => {
      throw error;
    },
  );
  let leases = 0;
  const records: RequestRecord[] = [];
  const defects: unknown[] = [];
  const waiting = new Set<() => void>();
  const handle = createHandle({
    clock,
    acquire() {
      leases += 1;
      const lease = holder.acquire();
      return {
        snapshot: lease.snapshot,
        release() {
          leases -= 1;
          lease.release();
        },
      };
    },
    onRecord(record) {
      records.push(record);
      for (const wake of waiting) wake();
    },
    onDefect: (error) => void defects.push(error),
  });
  const certificates = options.certificates ?? [];
  const entryPoint = await openEntryPoint(
    {
      ...defaults,
      tls: certificates.length > 0 ? { certificates: [], options: undefined } : undefined,
      trustedIPs: options.trustedIPs ?? [],
      proxyProtocol: options.proxyProtocol,
      transport: { ...defaults.transport, ...options.transport },
      encodedCharacters: { ...defaults.encodedCharacters, ...options.encodedCharacters },
    },
    {
      clock,
      handle,
      certificates,
      tls: options.tls,
      ticketSecret: options.ticketSecret,
      onError: (error) => void defects.push(error),
    },
  );
  return {
    port: entryPoint.port,
    origin: `http://127.0.0.1:${entryPoint.port}`,
    entryPoint,
    records,
    defects,
    leases: () => leases,
    recorded: (count) =>
      inTime(
        new Promise((resolve) => {
          const wake = (): void => {
            const record = records[count - 1];
            if (record === undefined) return;
            waiting.delete(wake);
            resolve(record);
          };
          waiting.add(wake);
          wake();
        }),
        () => `${count} records, of which ${records.length} came`,
      ),
    async close() {
      await entryPoint.drain();
      await holder.close();
    },
  };
}

/** The result of a middleware when the token's claims fill these headers. */
export function allow(
  headers: Readonly<Record<string, string>> = {},
  username?: string,
  token = 'issued-token',
): Allow {
  return {
    allowed: true,
    subject: { clientId: 'client', username, expiresAt: undefined },
    setHeaders: ['Authorization', `Bearer ${token}`, ...Object.entries(headers).flat()],
    removeHeaders: new Set(['authorization', ...Object.keys(headers).map(normalizeHeaderName)]),
  };
}

export const deny = (code: Parameters<typeof createDeny>[0] = 'credentials_missing'): Deny =>
  createDeny(code, 'for the test');
