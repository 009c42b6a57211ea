import type { InstallConfig } from '../config/install.ts';
import type { Log } from '../observe/log.ts';
import type { ReadHeader } from '../observe/otlp-options.ts';
import type { OpenTracing } from '../observe/tracing/open-tracing.ts';
import { readInstallSecret } from '../secrets/install-secret.ts';
import { GatewayStartError } from '../start-error.ts';
import { readVersion } from '../version.ts';
import type { GatewayIo } from './gateway.ts';

/** Opens what `tracing` asks for; undefined without it. @throws GatewayStartError */
export async function openTracing(
  { tracing: config, entryPoints }: InstallConfig,
  { env, worker }: GatewayIo,
  log: Log,
): Promise<OpenTracing | undefined> {
  if (config === undefined || env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return undefined;
  try {
    const { openTracing: open } = await import('../observe/tracing/open-tracing.ts');
    return await open(config, {
      log,
      env,
      version: readVersion(),
      worker: worker?.number,
      readHeader: createReadHeader(env),
      untraced: new Set(
        [...entryPoints.values()]
          .filter(({ observability }) => observability?.tracing === false)
          .map(({ name }) => name),
      ),
    });
  } catch (error) {
    throw toTelemetryError('tracing', error);
  }
}

/** Reads the value of a header of exports: a text, `urn:env:VARIABLE` or `urn:file:PATH`. It throws for a missing one. */
const createReadHeader =
  (env: Readonly<Record<string, string | undefined>>): ReadHeader =>
  (written) => {
    const secret = readInstallSecret(written, env);
    if ('fault' in secret) throw new Error(secret.fault);
    return secret.text;
  };

/** @param option of the install configuration that asks for an export. */
function toTelemetryError(option: string, error: unknown): GatewayStartError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const isMissing = code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND';
  return new GatewayStartError(
    'telemetry_unavailable',
    isMissing
      ? `${option} requires the packages of OpenTelemetry: install them beside grantgate, as docs/guide/tracing.md lists them`
      : `${option} cannot be exported`,
    error,
  );
}
