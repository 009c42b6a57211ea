import { readRegularFileSync } from '@grantgate/middleware/base/read-regular-file';
import type { InstallConfig } from '../config/install-config.ts';
import { readTransport } from '../snapshot/prepare-transports.ts';
import { GatewayStartError } from '../start-error.ts';
import type { UpstreamTransport } from '../upstream/transport.ts';

/** Far above the size of any bundle of authorities. */
const maxFile = { bytes: 8 * 1024 * 1024, text: '8 MiB' };

/**
 * The transport of services without their own; undefined: the built-in default.
 *
 * @throws GatewayStartError when one of its certificates cannot be read.
 */
export function openDefaultTransport({
  serversTransport,
}: Pick<InstallConfig, 'serversTransport'>): UpstreamTransport | undefined {
  if (serversTransport === undefined) return undefined;
  const { transport, faults } = readTransport(
    { ...serversTransport, serverName: undefined, certificates: [], peerCertURI: undefined },
    { readFile: (path) => readRegularFileSync(path, maxFile).toString('utf8'), secrets: new Map() },
  );
  if (faults.length > 0)
    throw new GatewayStartError('certificate_invalid', `serversTransport.${faults.join('; ')}`, undefined);
  return transport;
}
