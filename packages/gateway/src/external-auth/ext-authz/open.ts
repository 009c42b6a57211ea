import { createServer } from 'node:net';
import type {
  Metadata,
  sendUnaryData,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceDefinition,
} from '@grpc/grpc-js';
import type { EntryPointConfig, ExternalAuthConfig } from '../../config/entry-point-config.ts';
import type { EntryPoint, EntryPointDeps } from '../../entrypoints/entry-point.ts';
import { listen, reportAcceptErrors } from '../../entrypoints/listen.ts';
import type { PipelineDeps } from '../../pipeline/handle.ts';
import { createAuthorize } from './authorize.ts';
import { createIdentity } from './identity.ts';
import { readCheckRequest, type CheckRequest } from './check-request.ts';
import { loadGrpc } from './load-grpc.ts';
import { numberField, readFields } from './protobuf.ts';
import { createSlowCallers } from './slow-callers.ts';

/**
 * Opens an entry point that speaks Envoy's `ext_authz` over gRPC: `envoy.service.auth.v3.Authorization` and
 * `grpc.health.v1.Health`. A deadline that passes ends a check as `DEADLINE_EXCEEDED`, never as OK. Its certificate is the
 * first one.
 *
 * @throws ListenError when it cannot listen on the address; an error with the code `MODULE_NOT_FOUND` when `@grpc/grpc-js` is not
 *   installed; any other error is about the certificates.
 */
export async function openExtAuthz(
  config: EntryPointConfig & { readonly externalAuth: ExternalAuthConfig },
  deps: Pick<EntryPointDeps, 'clock' | 'certificates' | 'onError'> & { readonly pipeline: PipelineDeps },
): Promise<EntryPoint> {
  const grpc = loadGrpc();
  const authorize = createAuthorize(config, config.externalAuth, deps.pipeline);
  const watchers = new Set<ServerWritableStream<HealthCheckRequest, ServingStatus>>();
  let draining = false;
  const health = (service: string): ServingStatus =>
    !services.has(service) ? 'unknown' : draining ? 'notServing' : 'serving';
  const slow = createSlowCallers(grpc, deps.clock, config.transport);
  const { idleTimeoutMs, graceTimeoutMs } = config.transport;
  const server = new grpc.Server({
    'grpc.max_receive_message_length': maxMessageBytes,
    interceptors: [slow.interceptor],
    ...(idleTimeoutMs > 0 && { 'grpc.max_connection_idle_ms': idleTimeoutMs }),
  });
  server.addService(authorization, {
    Check: ({ request, metadata }: ServerUnaryCall<CheckRequest, Buffer>, done: sendUnaryData<Buffer>) => {
      void authorize(request, draining, readTraceHeaders(metadata)).then((response) => done(null, response));
    },
  });
  server.addService(healthCheck, {
    Check: (
      { request }: ServerUnaryCall<HealthCheckRequest, ServingStatus>,
      done: sendUnaryData<ServingStatus>,
    ) => {
      if (services.has(request.service)) done(null, health(request.service));
      else done({ code: grpc.status.NOT_FOUND, details: 'unknown service' });
    },
    Watch: (call: ServerWritableStream<HealthCheckRequest, ServingStatus>) => {
      call.write(health(call.request.service));
      watchers.add(call);
      call.once('cancelled', () => watchers.delete(call));
    },
  });
  const identity = deps.certificates.length === 0 ? undefined : createIdentity(deps.certificates);
  const credentials =
    identity === undefined
      ? grpc.ServerCredentials.createInsecure()
      : // The first parameter is meant for authorities, but the server presents it.
        grpc.experimental.createCertificateProviderServerCredentials(identity, null, false);
  const injector = server.createConnectionInjector(credentials);
  const listener = createServer({ noDelay: true }, (socket) => {
    slow.connected(socket);
    injector.injectConnection(socket);
  });
  const port = await listen(listener, config);
  reportAcceptErrors(listener, deps.clock, (error) => deps.onError(error));
  // Clients are told to open no more streams here; open streams may finish.
  const shutDown = (): Promise<void> =>
    new Promise((resolve) => {
      listener.close();
      slow.close();
      const grace = deps.clock.after(graceTimeoutMs, () => server.forceShutdown());
      server.tryShutdown(() => {
        grace.cancel();
        resolve();
      });
    });
  return {
    name: config.name,
    port,
    ...unknown,
    setCertificates: (pairs) => identity?.set(pairs),
    retire() {
      // This process is always healthy while it serves: a watch gets one response.
      for (const watcher of watchers) watcher.end();
      return shutDown();
    },
    async drain() {
      draining = true;
      for (const watcher of watchers) {
        if (!watcher.writableEnded) watcher.write('notServing');
        watcher.end();
      }
      await shutDown();
    },
  };
}

const readTraceHeaders = (metadata: Metadata): readonly string[] =>
  ['traceparent', 'tracestate'].flatMap((name) =>
    metadata.get(name).flatMap((value) => [name, String(value)]),
  );

/** Members that a gRPC server neither has nor needs: it serves no routes, and manages its own certificates. */
const unknown: Pick<EntryPoint, 'connections' | 'setTls'> = { connections: () => undefined, setTls() {} };

/** Envoy sends headers, and the body only when configured: this is far above its limit for heads. */
const maxMessageBytes = 4 * 1024 * 1024;

type ServingStatus = 'serving' | 'notServing' | 'unknown';

const services: ReadonlySet<string> = new Set(['', 'envoy.service.auth.v3.Authorization']);

const authorization: ServiceDefinition = {
  Check: {
    path: '/envoy.service.auth.v3.Authorization/Check',
    requestStream: false,
    responseStream: false,
    requestSerialize: (bytes: Buffer) => bytes,
    requestDeserialize: readCheckRequest,
    responseSerialize: (bytes: Buffer) => bytes,
    responseDeserialize: (bytes: Buffer) => bytes,
  },
};

const healthMethod = (name: string, responseStream: boolean): ServiceDefinition[string] => ({
  path: `/grpc.health.v1.Health/${name}`,
  requestStream: false,
  responseStream,
  requestSerialize: (bytes: Buffer) => bytes,
  requestDeserialize: readHealthRequest,
  responseSerialize: (health: ServingStatus) => numberField(1, healthNumbers[health]),
  responseDeserialize: (bytes: Buffer) => bytes,
});

const healthNumbers: Readonly<Record<ServingStatus, number>> = { serving: 1, notServing: 2, unknown: 3 };

const healthCheck: ServiceDefinition = {
  Check: healthMethod('Check', false),
  Watch: healthMethod('Watch', true),
};

/** `grpc.health.v1.HealthCheckRequest`. */
interface HealthCheckRequest {
  readonly service: string;
}

function readHealthRequest(bytes: Buffer): HealthCheckRequest {
  let service = '';
  for (const field of readFields(bytes))
    if (field.number === 1) service = field.bytes?.toString('utf8') ?? '';
  return { service };
}
