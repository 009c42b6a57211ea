import type { EntryPoint } from '../entrypoints/entry-point.ts';
import type { PreparedConfiguration } from '../snapshot/prepared.ts';
import type { ListenerTls } from '../tls/listener-tls.ts';
import { plainListener } from '../tls/listener-tls.ts';
import type { PresentedCertificates } from '../tls/presented-certificates.ts';

/** TLS of the routes, for all entry points. */
export interface ListenersTls {
  /** Applies the TLS settings of a configuration to the entry points. */
  configure(prepared: PreparedConfiguration): void;
  /** Settings for an entry point that is about to open; undefined before the first configuration. */
  of(entryPoint: string): ListenerTls | undefined;
}

/** @param entryPoints open entry points. */
export function createListenersTls(
  entryPoints: readonly EntryPoint[],
  presented: Pick<PresentedCertificates, 'set'>,
): ListenersTls {
  let last: PreparedConfiguration | undefined;
  return {
    configure(prepared) {
      last = prepared;
      const { certificates, defaultCertificate } = prepared.tls;
      presented.set('', defaultCertificate ? [...certificates, defaultCertificate] : certificates);
      for (const entryPoint of entryPoints) entryPoint.setTls(toListenerTls(prepared, entryPoint.name));
    },
    of: (name) => last && toListenerTls(last, name),
  };
}

/** TLS settings of a configuration for one entry point. */
function toListenerTls({ tls, tlsRoutes }: PreparedConfiguration, entryPoint: string): ListenerTls {
  const routes = tlsRoutes.get(entryPoint);
  return {
    certificates: tls.certificates,
    defaultCertificate: tls.defaultCertificate,
    options: tls.options,
    hosts: routes?.hosts ?? plainListener.hosts,
    hasRouters: routes?.hasRouters ?? false,
  };
}
