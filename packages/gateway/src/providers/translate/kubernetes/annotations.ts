import type { ServerScheme, StickyConfig } from '../../../config/dynamic.ts';
import type { Problem } from '../../../config/place.ts';
import { createProblem } from '../../../config/problem.ts';
import { describeUnknown } from '@grantgate/middleware/base/names';
import { readObject } from '../../../config/read.ts';
import { stickySchema, toSticky } from '../service-schema.ts';
import { defaultTlsName } from './names.ts';
import type { KubernetesObject } from './objects.ts';

const prefix = 'traefik.ingress.kubernetes.io/';

/** Settings of an Ingress's routers from its annotations. */
export interface RouterOptions {
  /** Empty: every entry point but `admin`. */
  readonly entryPoints: readonly string[];
  /** As written, with their providers. */
  readonly middlewares: readonly string[];
  readonly priority: number | undefined;
  /** For paths of the type `ImplementationSpecific`. */
  readonly pathMatcher: PathMatcher;
  readonly tls: boolean;
  /** Qualified name; undefined: those called `default`. */
  readonly tlsOptions: string | undefined;
}

export type PathMatcher = 'Path' | 'PathPrefix' | 'PathRegexp';

/** Settings of a Service from its annotations, for the Ingresses that lead to it. */
export interface ServiceOptions {
  /** Undefined: by the port. */
  readonly scheme: ServerScheme | undefined;
  readonly passHostHeader: boolean;
  /** Qualified name; undefined: as everywhere. */
  readonly serversTransport: string | undefined;
  /** Whether requests go to the Service itself, not to its endpoints. */
  readonly nativeLB: boolean;
  /** Of the service of that name. */
  readonly sticky: (serviceName: string) => StickyConfig | undefined;
  /** Problems of the annotations, for the objects that use them. */
  readonly problems: readonly Problem[];
}

export interface AnnotationsResult<T> {
  readonly value: T;
  readonly problems: readonly Problem[];
}

/** Options in annotations, by lower-case name without the prefix. */
interface Annotation {
  /** As written. */
  readonly key: string;
  readonly name: string;
  readonly value: string;
}

type AnnotationProblem = Parameters<typeof createProblem>[2];
type AnnotationReport = (annotation: Annotation, details: AnnotationProblem) => void;

/**
 * The qualified name of an entry: as in Traefik, one without a provider belongs to the provider of Ingresses, and is therefore
 * missing.
 */
const qualify = (name: string): string =>
  name === defaultTlsName || name.includes('@') ? name : `${name}@kubernetes`;
const ignored = (name: string, reason: string): AnnotationProblem => ({
  severity: 'warning',
  code: 'ignored_option',
  message: `${name} is ignored: ${reason}`,
});

const routerNames = [
  'router.entrypoints', 'router.middlewares', 'router.priority', 'router.pathmatcher', 'router.rulesyntax', 'router.tls',
  'router.tls.options',
]; // prettier-ignore
const serviceNames = [
  'service.serversscheme',
  'service.passhostheader',
  'service.serverstransport',
  'service.sticky.cookie',
];

/** Reads the annotations of an Ingress. An unknown one is an error, because it may have protected the routes. */
export function readRouterAnnotations(object: KubernetesObject): AnnotationsResult<RouterOptions> {
  const { list, problems, report } = open(object);
  const options: { -readonly [K in keyof RouterOptions]: RouterOptions[K] } = {
    entryPoints: [],
    middlewares: [],
    priority: undefined,
    pathMatcher: 'PathPrefix',
    tls: false,
    tlsOptions: undefined,
  };
  for (const annotation of list) {
    const { name, value } = annotation;
    if (name === 'router.entrypoints') options.entryPoints = splitList(value);
    else if (name === 'router.middlewares') options.middlewares = splitList(value);
    else if (name === 'router.priority') options.priority = readInteger(annotation, report);
    else if (name === 'router.pathmatcher') options.pathMatcher = readPathMatcher(annotation, report);
    else if (name === 'router.tls') options.tls = readBoolean(annotation, report);
    else if (/^router\.tls\.(?:certresolver|domains\.\d+\.(?:main|sans))$/.test(name)) {
      options.tls = true;
      report(annotation, ignored(name, 'certificates are not requested from an authority (ACME)'));
    } else if (name === 'router.tls.options') {
      options.tls = true;
      options.tlsOptions = qualify(value);
    } else if (name.startsWith('router.observability.'))
      report(annotation, ignored(name, 'the access log is set for the whole gateway'));
    else if (name === 'router.rulesyntax') checkSyntax(annotation, report);
    else if (name.startsWith('service.')) report(annotation, ignored(name, 'it belongs to the Service'));
    else report(annotation, unknown(name, routerNames));
  }
  problems.push(...findOthers(object));
  return { value: options, problems };
}

/** Reads the annotations of a Service. They affect only Ingresses. */
export function readServiceAnnotations(object: KubernetesObject): ServiceOptions {
  const { list, problems, report } = open(object);
  let scheme: ServiceOptions['scheme'];
  let passHostHeader = true;
  let nativeLB = false;
  let serversTransport: string | undefined;
  const cookie: Record<string, unknown> = {};
  let isSticky = false;
  for (const annotation of list) {
    const { name, value } = annotation;
    if (name === 'service.serversscheme') {
      if (value === 'http' || value === 'https' || value === 'h2c') scheme = value;
      else report(annotation, invalid('expected http, https or h2c'));
    } else if (name === 'service.passhostheader') passHostHeader = readBoolean(annotation, report);
    else if (name === 'service.sticky.cookie') isSticky = readBoolean(annotation, report);
    else if (name.startsWith('service.sticky.cookie.')) {
      isSticky = true;
      cookie[name.slice('service.sticky.cookie.'.length)] = toCookieValue(value);
    } else if (name === 'service.nativelb') nativeLB = readBoolean(annotation, report);
    else if (name === 'service.nodeportlb')
      report(annotation, ignored(name, 'requests go to the endpoints of a Service'));
    else if (name === 'service.serverstransport') serversTransport = qualify(value);
    else if (name.startsWith('router.')) report(annotation, ignored(name, 'it belongs to the Ingress'));
    else report(annotation, unknown(name, serviceNames));
  }
  const { sticky, found } = isSticky ? readCookie(object, cookie) : { sticky: undefined, found: [] };
  problems.push(...found);
  return {
    scheme,
    passHostHeader,
    serversTransport,
    nativeLB,
    sticky: (name) => toSticky(sticky, name),
    problems,
  };
}

function open({ annotations, source: { document, path } }: KubernetesObject) {
  const problems: Problem[] = [];
  const report: AnnotationReport = ({ key }, details) =>
    void problems.push(createProblem(document, [...path, 'metadata', 'annotations', key], details));
  const list = Object.entries(annotations).flatMap(([key, value]): Annotation | readonly [] =>
    key.startsWith(prefix) ? { key, name: key.slice(prefix.length).toLowerCase(), value: String(value) } : [],
  );
  return { list, problems, report };
}

/** Annotations of another controller, which may have protected the route there. */
function findOthers({ annotations, source: { document, path } }: KubernetesObject): readonly Problem[] {
  return Object.keys(annotations)
    .filter((key) => key.includes('.ingress.kubernetes.io/') && !key.startsWith(prefix))
    .map((key) =>
      createProblem(
        document,
        [...path, 'metadata', 'annotations', key],
        ignored(key, 'it belongs to another controller'),
      ),
    );
}

function readCookie(
  { source: { document, path } }: KubernetesObject,
  cookie: Readonly<Record<string, unknown>>,
) {
  const at = [...path, 'metadata', 'annotations'];
  const read = readObject(stickySchema, {
    document: {
      ...document,
      value: { cookie },
      placeOf: ([, name], part) =>
        document.placeOf([...at, `${prefix}service.sticky.cookie.${String(name)}`], part),
    },
    path: [],
  });
  return {
    sticky: read.whole ? (read.value as Required<typeof read.value>) : undefined,
    found: read.problems,
  };
}

const invalid = (message: string): AnnotationProblem => ({ code: 'invalid_value', message });
const unknown = (name: string, known: readonly string[]): AnnotationProblem => ({
  code: 'unknown_option',
  message: describeUnknown('annotation', name, known),
});

const splitList = (text: string): readonly string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

function readInteger(annotation: Annotation, report: AnnotationReport): number | undefined {
  const value = Number(annotation.value);
  if (/^[-+]?\d+$/.test(annotation.value) && Number.isSafeInteger(value)) return value;
  report(annotation, invalid('expected a whole number'));
  return undefined;
}

/** As Go's `strconv.ParseBool`. */
function readBoolean(annotation: Annotation, report: AnnotationReport): boolean {
  if (/^(?:1|t|T|TRUE|true|True)$/.test(annotation.value)) return true;
  if (!/^(?:0|f|F|FALSE|false|False)$/.test(annotation.value))
    report(annotation, invalid('expected true or false'));
  return false;
}

/** Converts the text of an annotation to the type that the schema of the option requires. */
function toCookieValue(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d+$/.test(text) ? Number(text) : text;
}

function readPathMatcher(annotation: Annotation, report: AnnotationReport): PathMatcher {
  const { value } = annotation;
  if (value === 'Path' || value === 'PathPrefix' || value === 'PathRegexp') return value;
  report(annotation, invalid('expected Path, PathPrefix or PathRegexp'));
  return 'PathPrefix';
}

function checkSyntax(annotation: Annotation, report: AnnotationReport): void {
  if (!/^(?:v3|default)$/i.test(annotation.value))
    report(annotation, invalid('expected v3, the only supported syntax of rules'));
}
