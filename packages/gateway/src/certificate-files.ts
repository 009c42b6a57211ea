import type { EntryPointConfig } from './config/entry-point-config.ts';
import type { InstallConfig } from './config/install-config.ts';
import type { EntryPoint } from './entrypoints/entry-point.ts';
import { secretLimit, toFileError } from '@grantgate/middleware/base/file-error';
import { readRegularFile } from '@grantgate/middleware/base/read-regular-file';
import { GatewayStartError } from './start-error.ts';
import type { CertificatePair } from './tls/certificate-pair.ts';
import { findPairFault } from './tls/certificate-pair.ts';

/** Files of the certificates of entry points. */
export function certificateFilesOf(entryPoints: Iterable<EntryPointConfig>): readonly string[] {
  return Array.from(entryPoints).flatMap(({ tls }) =>
    (tls?.certificates ?? []).flatMap(({ certFile, keyFile }) => [certFile, keyFile]),
  );
}

/** @throws GatewayStartError `certificate_invalid` when a file cannot be read, or a key does not belong to its certificate. */
export async function readCertificates({ name, tls }: EntryPointConfig): Promise<readonly CertificatePair[]> {
  const pairs: CertificatePair[] = [];
  for (const [index, { certFile, keyFile }] of (tls?.certificates ?? []).entries()) {
    const place = `entryPoints.${name}.tls.certificates[${index}]`;
    const cert = await readPart(`${place}.certFile`, certFile);
    const key = await readPart(`${place}.keyFile`, keyFile);
    const fault = findPairFault({ cert, key });
    if (fault === 'no_certificate')
      throw invalid(`${place}.certFile: the file ${certFile} contains no PEM certificate`);
    if (fault === 'no_key')
      throw invalid(`${place}.keyFile: the file ${keyFile} contains no PEM private key`);
    if (fault === 'mismatch')
      throw invalid(`${place}: the key in ${keyFile} does not match the certificate in ${certFile}`);
    pairs.push({ cert, key, origin: certFile });
  }
  return pairs;
}

const invalid = (message: string): GatewayStartError =>
  new GatewayStartError('certificate_invalid', message, undefined);

async function readPart(place: string, path: string): Promise<Buffer> {
  try {
    return await readRegularFile(path, secretLimit);
  } catch (error) {
    throw invalid(`${place}: the file ${path} ${toFileError(error).message}`);
  }
}

/** Called with the certificates that an entry point now uses. */
export type OnCertificates = (entryPoint: string, pairs: readonly CertificatePair[]) => void;

/**
 * Reads the certificates of entry points again on each call. An entry point keeps its certificates when the new ones are invalid,
 * which is reported once.
 */
export function createRenewal(
  install: InstallConfig,
  entryPoints: readonly EntryPoint[],
  told: {
    readonly onRenewed: OnCertificates;
    readonly onFault: (entryPoint: string, message: string) => void;
  },
): () => Promise<void> {
  const seen = new Map<string, readonly CertificatePair[] | string>();
  const renew = async (entryPoint: EntryPoint, config: EntryPointConfig): Promise<void> => {
    const { name } = entryPoint;
    const before = seen.get(name);
    try {
      const pairs = await readCertificates(config);
      if (Array.isArray(before) && isSame(pairs, before)) return;
      // Remembered even if they do not match, so that unchanged files are not tried again.
      seen.set(name, pairs);
      entryPoint.setCertificates(pairs);
      told.onRenewed(name, pairs);
    } catch (error) {
      const message = error instanceof Error ? error.message : 'unknown error';
      if (error instanceof GatewayStartError) {
        if (before === message) return;
        seen.set(name, message);
      }
      told.onFault(name, message);
    }
  };
  return async () => {
    for (const entryPoint of entryPoints) {
      const config = install.entryPoints.get(entryPoint.name);
      if (config?.tls !== undefined && config.tls.certificates.length > 0) await renew(entryPoint, config);
    }
  };
}

function isSame(a: readonly CertificatePair[], b: readonly CertificatePair[]): boolean {
  const bytes = (part: string | Buffer): Buffer => Buffer.from(part);
  return a.every(({ cert, key }, index) => {
    const other = b[index];
    return (
      other !== undefined && bytes(cert).equals(bytes(other.cert)) && bytes(key).equals(bytes(other.key))
    );
  });
}
