import type { experimental } from '@grpc/grpc-js';
import type { CertificatePair } from '../../tls/certificate-pair.ts';
import { assertUsable } from '../../tls/certificate-pair.ts';

/** The certificate of a gRPC server. */
export interface GrpcIdentity extends experimental.CertificateProvider {
  /**
   * Uses the first certificate for new connections.
   *
   * @throws if one of them is invalid; the current one stays in use.
   */
  set(pairs: readonly CertificatePair[]): void;
}

/** @throws if one of them is invalid. */
export function createIdentity(pairs: readonly CertificatePair[]): GrpcIdentity {
  const listeners = new Set<experimental.IdentityCertificateUpdateListener>();
  let update = toUpdate(pairs);
  return {
    set(next) {
      update = toUpdate(next);
      for (const listener of listeners) listener(update);
    },
    addIdentityCertificateListener(listener) {
      listeners.add(listener);
      // The server listens to its credentials only after these listen here.
      queueMicrotask(() => listener(update));
    },
    removeIdentityCertificateListener: (listener) => void listeners.delete(listener),
    // Client certificates are not requested.
    addCaCertificateListener() {},
    removeCaCertificateListener() {},
  };
}

function toUpdate(pairs: readonly CertificatePair[]): experimental.IdentityCertificateUpdate | null {
  assertUsable(pairs);
  const [first] = pairs;
  return first === undefined
    ? null
    : { certificate: Buffer.from(first.cert), privateKey: Buffer.from(first.key) };
}
