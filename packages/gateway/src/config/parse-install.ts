import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { formatAddress, isLoopback, isSameListener, type HostPort } from './address.ts';
import { thisMachine, toExternalAuth } from './external-auth.ts';
import { isRoutesDocument } from './file-kind.ts';
import { parseDocuments } from './parse-documents.ts';
import type { ExternalAuthConfig, EntryPointConfig, InstallConfig, MetricsConfig } from './install.ts';
import { findClusterConflicts, toKubernetes, toLocalReferences } from './parse-cluster.ts';
import { ignoredInstallNames, installSchema, laterInstallNames } from './install-schema.ts';
import type { Problem } from './place.ts';
import { readObject } from './read.ts';

export interface ParsedInstall {
  /** Undefined when a problem is an error. */
  readonly config: InstallConfig | undefined;
  readonly problems: readonly Problem[];
}

type InstallInput = z.output<typeof installSchema>;

/** Parses the install configuration: all problems at once, defaults filled in, paths made absolute from the file's folder. */
export function parseInstall(text: string, file: string): ParsedInstall {
  const { documents, problems: syntax } = parseDocuments(text, file);
  if (syntax.length > 0) return { config: undefined, problems: syntax };
  const [first, second] = documents;
  if (first !== undefined && documents.every(({ value }) => isRoutesDocument(value)))
    return {
      config: undefined,
      problems: [
        {
          severity: 'error',
          place: first.placeOf([]),
          code: 'routes_file',
          path: '',
          message: 'this is a file of routes, not an install configuration',
        },
      ],
    };
  if (second !== undefined)
    return {
      config: undefined,
      problems: [
        {
          severity: 'error',
          place: second.placeOf([]),
          code: 'invalid_value',
          path: '',
          message: 'expected one document in an install configuration',
        },
      ],
    };
  const document = first ?? { file, value: {}, placeOf: () => ({ file, line: 1, column: 1 }) };
  const read = readObject(
    installSchema,
    { document, path: [] },
    { unsupported: laterInstallNames, ignored: ignoredInstallNames, emptyText: 'a text' },
  );
  if (!read.whole) return { config: undefined, problems: read.problems };
  const install = read.value as InstallInput;
  const placeOf: PlaceOf = (path, part) => document.placeOf(read.writtenPath(path), part);
  const problems = [
    ...read.problems,
    ...findUnanswered(install, placeOf),
    ...findAddressConflicts(install, placeOf),
    ...findClusterConflicts(install.providers).map(({ path, message }): Problem => ({
      severity: 'error',
      place: placeOf(path),
      code: 'conflicting_option',
      path: path.join('.'),
      message,
    })),
  ];
  const isWrong = problems.some(({ severity }) => severity === 'error');
  return { config: isWrong ? undefined : toConfig(install, dirname(resolve(file))), problems };
}

/** Where an option stands, by its path in canonical names. */
type PlaceOf = (path: readonly string[], part?: 'key') => Problem['place'];

/** What is switched on without the entry point that answers it. */
function findUnanswered(install: InstallInput, placeOf: PlaceOf): Problem[] {
  if (Object.hasOwn(install.entryPoints, 'admin')) return [];
  const answering = [
    { isOn: install.ping !== false, path: ['ping'] },
    { isOn: install.metrics.prometheus !== undefined, path: ['metrics', 'prometheus'] },
  ];
  return answering
    .filter(({ isOn }) => isOn)
    .map(({ path }) => ({
      severity: 'warning',
      place: placeOf(path, 'key'),
      code: 'no_entry_point',
      path: path.join('.'),
      message: `${path.join('.')} requires an entry point named admin`,
    }));
}

/** Entry points of which only one can listen. */
function findAddressConflicts({ entryPoints }: InstallInput, placeOf: PlaceOf): Problem[] {
  const written = Object.entries(entryPoints);
  return written.flatMap(([name, { address }], index) => {
    const taken = written.slice(0, index).find(([, other]) => isSameListener(other.address, address));
    if (taken === undefined) return [];
    const [other, { address: otherAddress }] = taken;
    const path = ['entryPoints', name, 'address'];
    return {
      severity: 'error',
      place: placeOf(path),
      code: 'address_conflict',
      path: path.join('.'),
      message: `${formatAddress(address)} conflicts with ${formatAddress(otherAddress)} of the entry point ${other}`,
    };
  });
}

/** Entry points that the command line asks for, by the name that makes them what they are. */
export type ExternalAuthAddresses = Readonly<Partial<Record<ExternalAuthConfig['kind'], HostPort>>>;

/**
 * What `grantgate serve PATH...` means without an install configuration. Asked to answer a proxy's checks, it serves no routes
 * of its own: the proxy does.
 */
export function shorthandInstall(
  paths: readonly string[],
  addresses: ExternalAuthAddresses = {},
): InstallConfig {
  const written = Object.entries(addresses).map(([name, address]) => [
    name,
    { address: formatAddress(address) },
  ]);
  const install = installSchema.parse({
    accessLog: { format: 'json' },
    ...(written.length > 0 && { entryPoints: Object.fromEntries(written) as object }),
  });
  return Object.freeze({
    ...toConfig(install, process.cwd()),
    providers: Object.freeze({
      file: Object.freeze({ paths: Object.freeze(paths.map((path) => resolve(path))), watch: true }),
      kubernetes: undefined,
    }),
  });
}

function toConfig(install: InstallInput, folder: string): InstallConfig {
  const { file } = install.providers;
  const at = (path: string): string => resolve(folder, path);
  return Object.freeze({
    entryPoints: new Map(
      Object.entries(install.entryPoints).map(([name, entryPoint]) => [
        name,
        toEntryPoint(name, entryPoint, at),
      ]),
    ),
    providers: Object.freeze({
      file:
        file &&
        Object.freeze({
          paths: Object.freeze([file.filename, file.directory].filter((path) => path !== undefined).map(at)),
          watch: file.watch,
          localReferences:
            file.allowLocalReferences &&
            toLocalReferences('providers.file.allowLocalReferences', file.allowLocalReferences),
        }),
      kubernetes: toKubernetes(install.providers, at),
    }),
    accessLog:
      install.accessLog &&
      Object.freeze({
        format: install.accessLog.format,
        filePath: install.accessLog.filePath === undefined ? undefined : at(install.accessLog.filePath),
      }),
    log: Object.freeze(install.log),
    metrics: toMetrics(install.metrics),
    ping: install.ping !== false,
    actions: install.api.actions ?? isLoopback(install.entryPoints['admin']?.address.host),
    workers: install.workers,
  });
}

function toMetrics({ prometheus }: InstallInput['metrics']): MetricsConfig | undefined {
  if (prometheus === undefined) return undefined;
  return Object.freeze({
    buckets: Object.freeze([...prometheus.buckets]),
    byEntryPoint: prometheus.addEntryPointsLabels,
    byRouter: prometheus.addRoutersLabels,
    byService: prometheus.addServicesLabels,
  });
}

function toEntryPoint(
  name: string,
  { address, tls, forwardedHeaders, transport, http, ...auth }: InstallInput['entryPoints'][string],
  at: (path: string) => string,
): EntryPointConfig {
  const { respondingTimeouts, lifeCycle } = transport;
  const externalAuth = toExternalAuth(name, auth);
  const usuallyTrusted = externalAuth?.kind === 'forwardAuth' ? thisMachine : [];
  return Object.freeze({
    name,
    host: address.host,
    port: address.port,
    tls:
      tls &&
      Object.freeze({
        certificates: Object.freeze(
          tls.certificates.map(({ certFile, keyFile }) =>
            Object.freeze({ certFile: at(certFile), keyFile: at(keyFile) }),
          ),
        ),
        options: tls.options,
      }),
    trustedIPs: Object.freeze(forwardedHeaders.trustedIPs ?? usuallyTrusted),
    insecureForwardedHeaders: forwardedHeaders.insecure,
    transport: Object.freeze({
      readTimeoutMs: respondingTimeouts.readTimeout,
      headerTimeoutMs: respondingTimeouts.headerTimeout,
      writeTimeoutMs: respondingTimeouts.writeTimeout,
      idleTimeoutMs: respondingTimeouts.idleTimeout,
      graceTimeoutMs: lifeCycle.graceTimeOut,
      maxHeaderBytes: http.maxHeaderBytes,
      maxHeaderFields: http.maxHeaderFields,
      maxBodyBytes: http.maxBodyBytes,
    }),
    encodedCharacters: Object.freeze({
      slash: http.encodedCharacters.allowEncodedSlash,
      backSlash: http.encodedCharacters.allowEncodedBackSlash,
      nullCharacter: http.encodedCharacters.allowEncodedNullCharacter,
      semicolon: http.encodedCharacters.allowEncodedSemicolon,
      percent: http.encodedCharacters.allowEncodedPercent,
      questionMark: http.encodedCharacters.allowEncodedQuestionMark,
      hash: http.encodedCharacters.allowEncodedHash,
    }),
    externalAuth,
  });
}
