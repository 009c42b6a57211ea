import { resolve } from 'node:path';
import { freezeOptions, type OptionsOf } from '@grantgate/middleware/options/options-of';
import { toAccessLog } from './access-log-config.ts';
import { isLoopback } from './address.ts';
import { toApi } from './api-config.ts';
import { toEntryPoint, type EntryPointConfig, type ServedEntryPoint } from './entry-point-config.ts';
import { udp } from './entry-point-schema.ts';
import { pingDefaults, type InstallInput } from './install-schema.ts';
import { toKubernetes } from './kubernetes-config.ts';
import { toLocalReferences } from './local-references.ts';
import { toLog } from './log-config.ts';
import { toMetrics } from './metrics-config.ts';
import { toTracing } from './otlp-config.ts';
import { usualResponder } from './responding-entry-point.ts';
import { toDefaultTransport } from './servers-transport-schema.ts';

/** The install configuration without entry points that are not served. */
export type ServedInstall = Omit<InstallInput, 'entryPoints'> & {
  readonly entryPoints: Readonly<Record<string, ServedEntryPoint>>;
};

/** Removes UDP entry points. */
export function toServedInstall(install: InstallInput): ServedInstall {
  const served = Object.entries(install.entryPoints).flatMap(([name, entryPoint]) => {
    const { address } = entryPoint;
    return address === udp ? [] : [[name, { ...entryPoint, address }] as const];
  });
  return { ...install, entryPoints: Object.fromEntries(served) };
}

/**
 * The options in the gateway's internal form.
 * @param folder of the file; paths are relative to it.
 */
export const toInstallConfig = (install: ServedInstall, folder: string): InstallConfig =>
  freezeOptions(toConfig(install, (path) => resolve(folder, path)));

/** The install configuration, `grantgate.yaml`, parsed, with defaults, and frozen; its schema describes the options. */
export type InstallConfig = OptionsOf<ReturnType<typeof toConfig>>;

function toConfig(install: ServedInstall, at: (path: string) => string) {
  const { entryPoints, providers, api } = install;
  const responder = usualResponder(entryPoints);
  return {
    entryPoints: toEntryPoints(entryPoints, at),
    providers: {
      file: providers.file && toFileProvider(providers.file, at),
      /** `kubernetesCRD`, `kubernetesIngress` and `kubernetesGateway` together: one cluster. */
      kubernetes: toKubernetes(providers, at),
    },
    serversTransport: install.serversTransport && toDefaultTransport(install.serversTransport, at),
    accessLog: install.accessLog && toAccessLog(install.accessLog, at),
    log: toLog(install.log, at),
    /** Undefined: no metrics. */
    metrics: toMetrics(install.metrics, responder, at),
    tracing: install.tracing && toTracing(install.tracing, at),
    ping: toPing(install.ping, responder),
    /** Actions of the API on its entry point. */
    actions: api?.actions ?? isLoopback(entryPoints['admin']?.address.host),
    /** Actions on the Unix socket of the API. */
    socketActions: api?.actions ?? api?.socket !== undefined,
    api: toApi(install, at),
    workers: install.workers,
  };
}

function toEntryPoints(entryPoints: ServedInstall['entryPoints'], at: (path: string) => string) {
  return new Map(
    Object.entries(entryPoints).map(([name, written]) => [
      name,
      freezeOptions(toEntryPoint(name, written, { at, entryPoints })),
    ]),
  ) as ReadonlyMap<string, EntryPointConfig>;
}

function toFileProvider(
  { filename, directory, watch, allowLocalReferences }: NonNullable<InstallInput['providers']['file']>,
  at: (path: string) => string,
) {
  return {
    /** Files and directories, absolute. */
    paths: [filename, directory].filter((path) => path !== undefined).map(at),
    watch,
    /** Undefined: any. */
    localReferences:
      allowLocalReferences && toLocalReferences('providers.file.allowLocalReferences', allowLocalReferences),
  };
}

export type FileProviderConfig = NonNullable<InstallConfig['providers']['file']>;

/** `/ping` and `/ready`; undefined: they are not served. */
function toPing(ping: InstallInput['ping'], responder: string | undefined) {
  if (ping === false) return undefined;
  const { entryPoint, terminatingStatusCode } = ping === true ? pingDefaults : ping;
  return {
    /** Undefined: no entry point serves them. */
    entryPoint: entryPoint ?? responder,
    /** Status of `/ping` while the gateway shuts down. */
    terminatingStatus: terminatingStatusCode,
  };
}
