import { createAdminHandle, type AdminOptions } from '../admin/handle.ts';
import type { OnCertificates } from '../certificate-files.ts';
import { readCertificates } from '../certificate-files.ts';
import type { EntryPointConfig } from '../config/entry-point-config.ts';
import type { InstallConfig } from '../config/install-config.ts';
import type { EntryPoint, EntryPointDeps } from '../entrypoints/entry-point.ts';
import { openEntryPoint } from '../entrypoints/entry-point.ts';
import type { Log } from '../observe/log.ts';
import type { Handle, PipelineDeps } from '../pipeline/handle.ts';
import { createHandle } from '../pipeline/handle.ts';
import { GatewayStartError } from '../start-error.ts';
import { describe } from './gateway.ts';
import type { ListenersTls } from './listeners-tls.ts';
import { ListenError } from '../entrypoints/listen.ts';

export interface DataPlaneParts {
  readonly pipeline: PipelineDeps;
  /** Functions that an entry point serves in addition to routes, by its name; undefined: none. */
  readonly adminOf: (entryPoint: string) => Omit<AdminOptions, 'next'> | undefined;
  readonly log: Log;
  readonly onCertificates: OnCertificates;
  /** 32 bytes that all workers share; undefined: there is one process. */
  readonly secret: Uint8Array | undefined;
  /** TLS settings of the routes. */
  readonly tls: ListenersTls;
}

/** Opens the entry points one after the other. @param opened receives the open ones, even if a later one fails. */
export async function openDataPlane(
  { entryPoints }: InstallConfig,
  opened: EntryPoint[],
  { pipeline, adminOf, log, onCertificates, secret, tls }: DataPlaneParts,
): Promise<void> {
  const next = createHandle(pipeline);
  for (const config of entryPoints.values())
    opened.push(
      await open(config, {
        clock: pipeline.clock,
        pipeline,
        handle: await toHandle(config, pipeline, { admin: adminOf(config.name), next }),
        onCertificates,
        ticketSecret: secret,
        tls: tls.of(config.name),
        onError: (error) =>
          log.error('accepting a connection failed', { entryPoint: config.name, error: describe(error) }),
      }),
    );
}

// Loaded on demand, because every module delays the start and only some configurations need it.
async function toHandle(
  { externalAuth }: EntryPointConfig,
  pipeline: PipelineDeps,
  { admin, next }: { readonly admin: Omit<AdminOptions, 'next'> | undefined; readonly next: Handle },
): Promise<Handle> {
  if (externalAuth !== undefined)
    return (await import('../external-auth/forward-auth.ts')).createForwardAuthHandle(externalAuth, pipeline);
  return admin === undefined ? next : createAdminHandle({ ...admin, next });
}

async function open(
  config: EntryPointConfig,
  deps: Omit<EntryPointDeps, 'certificates'> & {
    readonly pipeline: PipelineDeps;
    readonly onCertificates: OnCertificates;
  },
): Promise<EntryPoint> {
  const certificates = await readCertificates(config);
  const { externalAuth } = config;
  if (externalAuth?.kind === 'extAuthz' && config.tls !== undefined && certificates.length === 0)
    throw new GatewayStartError(
      'certificate_invalid',
      `entryPoints.${config.name}.tls.certificates: expected a certificate: an entry point for ext_authz has no other`,
      undefined,
    );
  try {
    const entryPoint = await (externalAuth?.kind === 'extAuthz'
      ? (await import('../external-auth/ext-authz/open.ts')).openExtAuthz(
          { ...config, externalAuth },
          { ...deps, certificates },
        )
      : openEntryPoint(config, { ...deps, certificates }));
    deps.onCertificates(config.name, certificates);
    return entryPoint;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'MODULE_NOT_FOUND')
      throw new GatewayStartError(
        'grpc_unavailable',
        `entry point ${config.name} requires the package @grpc/grpc-js: install it beside grantgate`,
        error,
      );
    throw error instanceof ListenError
      ? new GatewayStartError(
          'address_unavailable',
          `entry point ${config.name} cannot listen on ${config.host ?? ''}:${config.port}`,
          error,
        )
      : new GatewayStartError(
          'certificate_invalid',
          `invalid certificates of the entry point ${config.name}`,
          error,
        );
  }
}
