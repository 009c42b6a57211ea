import type { ListenerTls } from '../tls/listener-tls.ts';
import { plainListener } from '../tls/listener-tls.ts';
import type { PreparedConfiguration } from './prepared.ts';

/** What a configuration says of TLS, for one entry point. */
export function toListenerTls({ tls, tlsRoutes }: PreparedConfiguration, entryPoint: string): ListenerTls {
  const routes = tlsRoutes.get(entryPoint);
  return {
    certificates: tls.certificates,
    defaultCertificate: tls.defaultCertificate,
    options: tls.options,
    hosts: routes?.hosts ?? plainListener.hosts,
    hasRouters: routes?.hasRouters ?? false,
  };
}
