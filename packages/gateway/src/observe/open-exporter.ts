import type { OtlpConfig, OtlpSignal } from '../config/otlp-config.ts';
import type { Log } from './log.ts';
import {
  toGrpcOptions,
  toHttpOptions,
  type GrpcExporterOptions,
  type HttpExporterOptions,
  type ReadHeader,
} from './otlp-options.ts';
import { logOutages, type ExportOutcome } from './otlp-outages.ts';
import type { ResourceParts } from './otlp-resource.ts';

/** Dependencies of the export of any signal. */
export interface ExportDeps extends ResourceParts {
  readonly log: Log;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readHeader: ReadHeader;
}

/** Exporters of a signal; each is loaded only when it is used. */
export interface ExporterPackages<E> {
  readonly signal: OtlpSignal;
  readonly http: () => Promise<new (options: HttpExporterOptions) => E>;
  readonly grpc: () => Promise<new (options: GrpcExporterOptions) => E>;
}

interface AnyExporter<T> {
  export(items: T, done: (outcome: ExportOutcome) => void): void;
  shutdown(): Promise<void>;
  forceFlush?(): Promise<void>;
}

/** An exporter that logs its outages, and reports success in any case. */
export interface OpenExporter<T> extends AnyExporter<T> {
  forceFlush(): Promise<void>;
}

/** @throws Error when a package is missing, or when a file or a reference of the configuration cannot be read. */
export async function openExporter<T>(
  otlp: OtlpConfig,
  { log, env, readHeader: read }: ExportDeps,
  { signal, http, grpc }: ExporterPackages<AnyExporter<T>>,
): Promise<OpenExporter<T>> {
  const exporter = await load();
  return {
    export: logOutages((items: T, done) => exporter.export(items, done), log, signal),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };

  async function load(): Promise<AnyExporter<T>> {
    if ((otlp.protocol ?? readProtocol(env, signal)) === 'http') {
      const Exporter = await http();
      return new Exporter(toHttpOptions(otlp, { env, signal, read }));
    }
    const Exporter = await grpc();
    const library = await import('@grpc/grpc-js');
    return new Exporter(toGrpcOptions(otlp, { env, signal, read, library }));
  }
}

/** `OTEL_EXPORTER_OTLP_PROTOCOL`: anything but `grpc` is HTTP with protobuf. */
function readProtocol(env: ExportDeps['env'], signal: OtlpSignal): 'http' | 'grpc' {
  const name = `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_PROTOCOL`;
  return (env[name] || env['OTEL_EXPORTER_OTLP_PROTOCOL'])?.trim() === 'grpc' ? 'grpc' : 'http';
}

/** Maximum milliseconds of the last export. */
const closeMs = 5_000;

/** Waits at most 5 seconds for the last export, and never rejects: data that cannot be exported in time is lost. */
export async function untilExported(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, closeMs);
  });
  try {
    await Promise.race([work, limit]);
  } catch {
    // The outage has already been logged.
  } finally {
    clearTimeout(timer);
  }
}
