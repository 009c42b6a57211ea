import { dirname, resolve } from 'node:path';
import { nearestName, proposeName } from '@grantgate/middleware/base/names';
import { formatAddress, isSameListener, type HostPort } from './address.ts';
import { udp } from './entry-point-schema.ts';
import { isRoutesDocument, routesNames } from './file-kind.ts';
import { parseDocuments } from './parse-documents.ts';
import type { ExternalAuthConfig } from './entry-point-config.ts';
import { installSchema, type InstallInput } from './install-schema.ts';
import { findApiMistakes } from './api-config.ts';
import type { ProblemDetails } from './problem.ts';
import { findClusterConflicts } from './kubernetes-config.ts';
import type { Problem } from './place.ts';
import { insecureTransport } from './servers-transport-schema.ts';
import { readObject } from './read.ts';
import { withSwitches } from './switches.ts';
import {
  toInstallConfig,
  toServedInstall,
  type InstallConfig,
  type ServedInstall,
} from './install-config.ts';
import { usualResponder } from './responding-entry-point.ts';
import { explainInstallOption, unservedNamesAt } from './unserved-options.ts';

export interface ParsedInstall {
  /** Undefined when a problem is an error. */
  readonly config: InstallConfig | undefined;
  readonly problems: readonly Problem[];
}

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
  const document = withSwitches(first ?? { file, value: {}, placeOf: () => ({ file, line: 1, column: 1 }) });
  const read = readObject(
    installSchema,
    { document, path: [] },
    {
      unsupported: ['crossProviderNamespaces'],
      explain: (path) => explainInstallOption(path) ?? explainRootOption(path),
      namesAt: unservedNamesAt,
      extensions: true,
      emptyText: 'a text',
    },
  );
  const found = read.problems.filter((problem) => !isReadAsRoutes(problem, read.value, file));
  if (!read.whole) return { config: undefined, problems: found };
  const written = read.value as InstallInput;
  const install = toServedInstall(written);
  const placeOf: PlaceOf = (path, part) => document.placeOf(read.writtenPath(path), part);
  const problems = [
    ...found,
    ...findUnservedEntryPoints(written, placeOf),
    ...findMissingResponders(install, placeOf),
    ...findInsecureTransport(install, placeOf),
    ...findApiMistakes(install).map(({ path, ...problem }): Problem => ({
      ...problem,
      place: placeOf(path, 'key'),
      path: path.join('.'),
    })),
    ...findEntryPointMistakes(install, placeOf),
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
  return { config: isWrong ? undefined : toInstallConfig(install, dirname(resolve(file))), problems };
}

/** Whether a problem concerns routes in a file that names itself in `providers.file.filename`: the provider reads them. */
function isReadAsRoutes(
  { code, path }: Problem,
  { providers }: Partial<InstallInput>,
  file: string,
): boolean {
  const filename = providers?.file?.filename;
  return (
    code === 'unserved_option' &&
    routesNames.has(path.toLowerCase()) &&
    filename !== undefined &&
    resolve(dirname(resolve(file)), filename) === resolve(file)
  );
}

/** As in Traefik, an unknown name at the top is ignored, unless it resembles that of an option. */
function explainRootOption([name = '', ...more]: readonly string[]): ProblemDetails | undefined {
  if (more.length > 0 || /^x-/i.test(name)) return undefined;
  if (nearestName(name, [...Object.keys(installSchema.shape), ...unservedNamesAt([])]) !== undefined)
    return undefined;
  return {
    code: 'unserved_option',
    severity: 'warning',
    message: `${name} is ignored: there is no such option`,
  };
}

/** Position of an option, by its path in canonical names. */
type PlaceOf = (path: readonly string[], part?: 'key') => Problem['place'];

/** Features without an entry point that serves them. */
function findMissingResponders(install: ServedInstall, placeOf: PlaceOf): Problem[] {
  const { api, ping, metrics, entryPoints } = install;
  const responding = [
    { isOn: api !== undefined && api.socket === undefined, named: undefined, path: ['api'] },
    { isOn: ping !== false, named: typeof ping === 'object' ? ping.entryPoint : undefined, path: ['ping'] },
    {
      isOn: metrics.prometheus !== undefined,
      named: metrics.prometheus?.entryPoint,
      path: ['metrics', 'prometheus'],
    },
  ];
  return responding.flatMap(({ isOn, named, path }): Problem[] => {
    if (!isOn) return [];
    if (named !== undefined && !Object.hasOwn(entryPoints, named))
      return [toMissing([...path, 'entryPoint'], named, entryPoints, placeOf)];
    if (named !== undefined || usualResponder(entryPoints) !== undefined) return [];
    return [
      {
        severity: 'warning',
        place: placeOf(path, 'key'),
        code: 'no_entry_point',
        path: path.join('.'),
        message: `${path.join('.')} requires an entry point named admin or traefik`,
      },
    ];
  });
}

function findInsecureTransport({ serversTransport }: ServedInstall, placeOf: PlaceOf): Problem[] {
  if (serversTransport?.insecureSkipVerify !== true) return [];
  const path = ['serversTransport', 'insecureSkipVerify'];
  return [
    {
      severity: 'warning',
      place: placeOf(path, 'key'),
      code: 'insecure_option',
      path: path.join('.'),
      message: insecureTransport,
    },
  ];
}

function toMissing(
  path: readonly string[],
  name: string,
  entryPoints: ServedInstall['entryPoints'],
  placeOf: PlaceOf,
): Problem {
  return {
    severity: 'error',
    place: placeOf(path),
    code: 'missing_reference',
    path: path.join('.'),
    message: `there is no entry point ${name}: ${proposeName(name, Object.keys(entryPoints))}`,
  };
}

/** Entry points that are ignored. */
function findUnservedEntryPoints({ entryPoints }: InstallInput, placeOf: PlaceOf): Problem[] {
  const written = Object.entries(entryPoints);
  const unserved = written.filter(([, { address }]) => address === udp);
  return unserved.map(([name]) => {
    const path = ['entryPoints', name, 'address'];
    return {
      severity: unserved.length === written.length ? 'error' : 'warning',
      place: placeOf(path),
      code: 'unserved_option',
      path: path.join('.'),
      message: `the entry point ${name} is not opened: UDP is not served`,
    };
  });
}

/** Contradicting options of entry points. */
function findEntryPointMistakes({ entryPoints }: ServedInstall, placeOf: PlaceOf): Problem[] {
  return Object.entries(entryPoints).flatMap(([name, { http, proxyProtocol, extAuthz }]) => {
    const problems: Problem[] = [];
    const report = (
      severity: Problem['severity'],
      code: string,
      path: readonly string[],
      message: string,
    ): void =>
      void problems.push({ severity, place: placeOf(path, 'key'), code, path: path.join('.'), message });
    const to = http.redirections?.entryPoint?.to;
    const at = ['entryPoints', name];
    if (to !== undefined && !/^:\d{1,5}$/.test(to) && !Object.hasOwn(entryPoints, to))
      problems.push(toMissing([...at, 'http', 'redirections', 'entryPoint', 'to'], to, entryPoints, placeOf));
    for (const option of ['certResolver', 'domains'] as const) {
      const path = [...at, 'http', 'tls', option];
      if (http.tls?.[option] !== undefined)
        report(
          'warning',
          'unserved_option',
          path,
          `${path.join('.')} is not served and is ignored: certificates are read from files`,
        );
    }
    if (proxyProtocol !== undefined && (extAuthz !== undefined || name === 'extAuthz'))
      report(
        'error',
        'unsupported_option',
        [...at, 'proxyProtocol'],
        'proxyProtocol is not supported on an entry point with extAuthz',
      );
    return problems;
  });
}

/** Entry points that cannot listen at the same time. */
function findAddressConflicts({ entryPoints }: ServedInstall, placeOf: PlaceOf): Problem[] {
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

/** Entry points of the command line, by the names that determine their kind. */
export type ExternalAuthAddresses = Readonly<Partial<Record<ExternalAuthConfig['kind'], HostPort>>>;

/**
 * The install configuration of `grantgate serve PATH...` without `--config`. With external authorization it serves no routes:
 * the proxy has them.
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
    ...toInstallConfig(toServedInstall(install), process.cwd()),
    providers: Object.freeze({
      file: Object.freeze({
        paths: Object.freeze(paths.map((path) => resolve(path))),
        watch: true,
        localReferences: undefined,
      }),
      kubernetes: undefined,
    }),
  });
}
