import { describeUnknown } from '@grantgate/middleware/base/names';
import type { MiddlewareConfig } from '../../config/dynamic.ts';
import { isMapping, valueAt } from '../../config/path.ts';
import type { Path } from '../../config/path.ts';
import type { Place, Problem } from '../../config/place.ts';
import { createProblem, errorsOf } from '../../config/problem.ts';
import type { Source } from '../../config/read.ts';
import { readObject } from '../../config/read.ts';
import type {
  CompositeKind,
  MiddlewareKind,
  NamedObject,
  NameSchemas,
  StepKind,
} from '../../middlewares/kind.ts';
import { kinds } from '../../middlewares/kinds.ts';

export interface MiddlewareIdentity {
  /** Qualified name. */
  readonly name: string;
  readonly place: Place;
  /** Namespace; undefined outside Kubernetes. */
  readonly namespace: string | undefined;
}

export interface ReadMiddleware {
  readonly config: MiddlewareConfig;
  readonly problems: readonly Problem[];
}

/** The parts that differ between formats of configuration. */
export interface MiddlewareFormat {
  readonly names: NameSchemas;
  /** The qualified names of the middlewares that a composite one consists of. */
  readonly resolve: (
    members: readonly NamedObject[],
    pathOf: (index: number) => Path,
  ) => { readonly names: readonly string[]; readonly problems: readonly Problem[] };
  /** The qualified name of the service that a middleware sends requests to; undefined without one. */
  readonly resolveService: (source: Source) => {
    readonly name: string | undefined;
    readonly problems: readonly Problem[];
  };
}

/** Traefik's types that are unsupported here; ignoring one would open a route. */
const unsupportedTypes = ['digestAuth', 'grpcWeb'];

const plugins = kinds.filter(({ isPlugin }) => isPlugin);
const types = kinds.filter(({ isPlugin }) => !isPlugin);
const expected = 'expected a kind of middleware, such as plugin.oAuthClientCredentials or chain';

/** Reads the kind and the options of a middleware; one of an unsupported kind is broken, so that its routes refuse. */
export function readMiddleware(
  source: Source,
  identity: MiddlewareIdentity,
  format: MiddlewareFormat,
): ReadMiddleware {
  const found = findKind(source);
  const { document } = source;
  const at = found.path;
  const config = {
    ...identity,
    localReferences: document.localReferences,
    options: valueAt(document.value, at),
    placeOf: (option: Path, part?: Parameters<typeof document.placeOf>[1]) =>
      document.placeOf([...at, ...option], part),
  };
  if (found.kind === undefined) {
    const problems = [createProblem(document, at, { ...found.fault, part: 'key' })];
    return { config: { ...config, kind: undefined, errors: problems, members: undefined }, problems };
  }
  const { name } = found.kind;
  if (found.kind.members === undefined) {
    const { name: service, problems } = readService({ document, path: at }, found.kind, format);
    return {
      config: { ...config, kind: name, errors: errorsOf(problems), members: undefined, service },
      problems,
    };
  }
  const { names, problems } = readMembers({ document, path: at }, found.kind, format);
  return { config: { ...config, kind: name, errors: errorsOf(problems), members: names }, problems };
}

/** A missing option is reported with the other options. */
function readService(
  { document, path }: Source,
  { service }: StepKind,
  { resolveService }: MiddlewareFormat,
): ReturnType<MiddlewareFormat['resolveService']> {
  const written = service && keysOf({ document, path }).find((key) => isSame(key, service));
  return written === undefined
    ? { name: undefined, problems: [] }
    : resolveService({ document, path: [...path, written] });
}

function readMembers(source: Source, kind: CompositeKind, { names: schemas, resolve }: MiddlewareFormat) {
  const { value, problems, writtenPath } = readObject(kind.schema(schemas), source);
  // The schema of a composite kind accepts only names.
  const members = (value[kind.members] ?? []) as readonly NamedObject[];
  const resolved = resolve(members, (index) => writtenPath([kind.members, index]));
  return { names: resolved.names, problems: [...problems, ...resolved.problems] };
}

type KindResult =
  | { readonly kind: MiddlewareKind; readonly path: Path }
  | {
      readonly kind?: undefined;
      readonly path: Path;
      readonly fault: { readonly code: string; readonly message: string };
    };

/** The kind of a middleware, and the path of its options. */
function findKind(source: Source): KindResult {
  const { path } = source;
  const [type, ...others] = keysOf(source);
  if (type === undefined) return { path, fault: { code: 'invalid_value', message: expected } };
  if (others.length > 0) {
    const message = `a middleware has one type: ${[type, ...others].join(', ')}`;
    return { path, fault: { code: 'invalid_value', message } };
  }
  const at = [...path, type];
  const kind = types.find(({ name }) => isSame(type, name));
  if (kind !== undefined) return { kind, path: at };
  return isSame(type, 'plugin')
    ? findPlugin({ ...source, path: at })
    : { path: at, fault: describeType(type) };
}

function findPlugin(source: Source): KindResult {
  const [plugin, ...others] = keysOf(source);
  const { path } = source;
  if (plugin === undefined || others.length > 0)
    return { path, fault: { code: 'invalid_value', message: expected } };
  const kind = plugins.find(({ name }) => isSame(plugin, name));
  if (kind !== undefined) return { kind, path: [...path, plugin] };
  const known = plugins.map(({ name }) => name);
  return {
    path: [...path, plugin],
    fault: { code: 'unknown_middleware', message: describeUnknown('plugin', plugin, known) },
  };
}

function describeType(type: string): { readonly code: string; readonly message: string } {
  const known = unsupportedTypes.find((name) => isSame(type, name));
  if (known !== undefined)
    return {
      code: 'unsupported_middleware',
      message: `the middleware type ${known} is not supported by this version`,
    };
  const names = new Set(['plugin', ...types.map(({ name }) => name), ...unsupportedTypes]);
  return { code: 'unknown_middleware', message: describeUnknown('middleware type', type, [...names]) };
}

const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

function keysOf({ document, path }: Source): readonly string[] {
  const value = valueAt(document.value, path);
  return isMapping(value) ? Object.keys(value) : [];
}
