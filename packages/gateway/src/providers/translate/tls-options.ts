import type { z } from 'zod';
import type { ClientAuthType, PemSource, TlsOptionsConfig } from '../../config/dynamic.ts';
import type { Path } from '../../config/path.ts';
import type { Problem } from '../../config/place.ts';
import { createProblem } from '../../config/problem.ts';
import type { Source } from '../../config/read.ts';
import type { tlsOptionsSchema } from './tls-schema.ts';

type TlsSectionOptions = Partial<Omit<z.output<typeof tlsOptionsSchema>, 'clientAuth'>>;

export interface TlsOptionsParts {
  readonly caSources: readonly PemSource[];
  readonly clientAuthType: ClientAuthType | undefined;
  readonly source: Source;
  /** The path as written, for a path in the schema's names. */
  readonly writtenPath: (path: readonly PropertyKey[]) => Path;
}

/** `acme-tls/1`, one of Traefik's defaults, is for certificates that Traefik itself requests. */
const isServed = (protocol: string): boolean => protocol === 'h2' || protocol === 'http/1.1';

/** TLS options as written in files and Kubernetes objects, without name and position. */
export function toTlsOptions(
  written: TlsSectionOptions,
  { caSources, clientAuthType, source: { document }, writtenPath }: TlsOptionsParts,
): {
  readonly config: Omit<TlsOptionsConfig, 'name' | 'place' | 'errors'>;
  readonly problems: readonly Problem[];
} {
  const problems: Problem[] = [];
  const report = (name: string, message: string, severity: 'error' | 'warning' = 'error'): void =>
    void problems.push(
      createProblem(document, writtenPath(name.split('.')), { code: 'invalid_value', message, severity }),
    );
  const verifies =
    clientAuthType === 'VerifyClientCertIfGiven' || clientAuthType === 'RequireAndVerifyClientCert';
  if (verifies && caSources.length === 0)
    report('clientAuth', `${clientAuthType} requires certificates of authorities`);
  const { alpnProtocols, minVersion, maxVersion } = written;
  const offered = alpnProtocols?.filter(isServed);
  if (alpnProtocols !== undefined && offered?.length !== alpnProtocols.length) {
    const unserved = alpnProtocols.filter((name) => !isServed(name)).join(', ');
    if (offered?.length === 0) report('alpnProtocols', 'expected h2 or http/1.1 among them');
    else report('alpnProtocols', `${unserved}: not offered, because it is not served`, 'warning');
  }
  if (minVersion !== undefined && maxVersion !== undefined && minVersion > maxVersion)
    report('maxVersion', `expected ${minVersion} or newer, the value of minVersion`);
  return {
    config: {
      minVersion,
      maxVersion,
      cipherSuites: written.cipherSuites,
      curvePreferences: written.curvePreferences,
      clientCAs: caSources,
      clientAuthType,
      sniStrict: written.sniStrict ?? false,
      sessionTickets: written.disableSessionTickets !== true,
      alpnProtocols: offered?.length === 0 ? undefined : offered,
    },
    problems,
  };
}
