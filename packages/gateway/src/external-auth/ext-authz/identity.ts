import type { experimental } from '@grpc/grpc-js';
import { createCertificates, type CertificatePair } from '../../entrypoints/certificates.ts';

/** The certificate that a gRPC server shows. */
export interface Identity extends experimental.CertificateProvider {
  /**
   * Shows the first of these to whoever connects from now on.
   *
   * @throws when one of them cannot be used; the one before stays.
   */
  set(pairs: readonly CertificatePair[]): void;
}

/** @throws when one of them cannot be used. */
export function createIdentity(pairs: readonly CertificatePair[]): Identity {
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
    // Clients show no certificate.
    addCaCertificateListener() {},
    removeCaCertificateListener() {},
  };
}

function toUpdate(pairs: readonly CertificatePair[]): experimental.IdentityCertificateUpdate | null {
  createCertificates(pairs);
  const [first] = pairs;
  return first === undefined
    ? null
    : { certificate: Buffer.from(first.cert), privateKey: Buffer.from(first.key) };
}
