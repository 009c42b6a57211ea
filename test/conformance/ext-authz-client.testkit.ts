import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { ServiceClientConstructor, ServiceError } from '@grpc/grpc-js';
import { credentials, loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

// The protos that Envoy publishes; the package includes them for its own use.
const protos = join(
  dirname(createRequire(import.meta.url).resolve('@grpc/grpc-js-xds/package.json')),
  'deps',
);

export interface CheckHeader {
  readonly header: { readonly key: string; readonly value: string };
  readonly append: { readonly value: boolean } | null;
}

/** `CheckResponse`, as a reader of the published protos sees it. */
export interface CheckResponse {
  readonly status: { readonly code: number } | null;
  readonly http_response?: 'denied_response' | 'ok_response';
  readonly ok_response?: {
    readonly headers: readonly CheckHeader[];
    readonly headers_to_remove: readonly string[];
  };
  readonly denied_response?: {
    readonly status: { readonly code: number };
    readonly headers: readonly CheckHeader[];
    readonly body: string;
  };
  readonly dynamic_metadata: {
    readonly fields: Readonly<Record<string, { readonly stringValue: string }>>;
  } | null;
}

export interface ExtAuthzClient {
  /** @param request a `CheckRequest`. @throws ServiceError */
  check(request: object, deadlineMs?: number): Promise<CheckResponse>;
  close(): void;
}

/**
 * A client of `envoy.service.auth.v3.Authorization`, created from the published protos.
 *
 * @param authority PEM of the authority that issued the server's certificate; default: no TLS.
 */
export function createExtAuthzClient(address: string, authority?: string): ExtAuthzClient {
  const definition = loadSync('envoy/service/auth/v3/external_auth.proto', {
    includeDirs: ['envoy-api', 'xds', 'googleapis', 'protoc-gen-validate'].map((name) => join(protos, name)),
    keepCase: true,
    defaults: true,
    oneofs: true,
  });
  const loaded = loadPackageDefinition(definition) as unknown as {
    envoy: { service: { auth: { v3: { Authorization: ServiceClientConstructor } } } };
  };
  const client = new loaded.envoy.service.auth.v3.Authorization(
    address,
    authority === undefined ? credentials.createInsecure() : credentials.createSsl(Buffer.from(authority)),
  );
  return {
    check: (request, deadlineMs = 60_000) =>
      new Promise((resolve, reject) => {
        const check = client['Check'] as unknown as (
          message: object,
          options: object,
          done: (error: ServiceError | null, answer: CheckResponse) => void,
        ) => void;
        check.call(client, request, { deadline: Date.now() + deadlineMs }, (error, answer) =>
          error === null ? resolve(answer) : reject(error),
        );
      }),
    close: () => client.close(),
  };
}
