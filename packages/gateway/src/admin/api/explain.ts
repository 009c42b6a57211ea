import { createFindFailing } from '@grantgate/middleware/predicate/failing';
import { MatchContext } from '../../routing/match-context.ts';
import { matchers } from '../../routing/matchers/matchers.ts';
import type { RequestFacts } from '../../routing/facts.ts';
import { createReadPath, toRoutingPath } from '../../routing/request-path.ts';
import type { PreparedConfiguration, PreparedRouter } from '../../snapshot/prepared.ts';
import { entryPointsOf } from '../../snapshot/entry-points.ts';
import { ApiError } from './api-error.ts';
import type { ConfigurationViews } from './configuration-views.ts';
import { describeStep } from './describe-step.ts';
import { readExplainedRequest, toExplainedFacts, type ExplainedRequest } from './explained-request.ts';
import type { ProcessSource } from './process-source.ts';
import { redactRule } from './redact-rule.ts';
import type { ApiExplanation } from './explanation-shape.ts';

type EntryPointExplanation = ApiExplanation['results'][number];
type OtherRouter = EntryPointExplanation['others'][number];

/** Maximum number of other routers to explain. */
const maxOthers = 20;
/** Maximum number of rules to evaluate in order to choose those routers. */
const maxCandidates = 200;

/** Explains which router handles a request, and why others do not. @throws ApiError 400 */
export function explain(
  query: URLSearchParams,
  source: ProcessSource,
  views: ConfigurationViews | undefined,
): ApiExplanation {
  const prepared = source.configuration()?.prepared;
  const serving = [...source.entryPoints].flatMap(([name, { routes }]) => (routes ? [name] : []));
  const asked = query.get('entryPoint') ?? '';
  if (asked !== '' && !serving.includes(asked))
    throw new ApiError(400, `invalid request: entryPoint: expected ${serving.join(', ')}`);
  const isSecure = source.entryPoints.get(asked)?.tls === true;
  const request = readExplainedRequest(query, isSecure ? 'https' : 'http');
  const { method, scheme, host, path, query: own, clientIP } = request;
  const names = asked === '' ? serving.filter((name) => isUsual(name, request, source)) : [asked];
  return {
    request: { method, scheme, host, path, query: own, clientIP },
    results: names.map((name) => explainOn(name, request, { source, prepared, views })),
  };
}

/** Without a name, the entry points that serve routers by default and use the scheme. */
const isUsual = (name: string, { scheme }: ExplainedRequest, { entryPoints }: ProcessSource): boolean => {
  const facts = entryPoints.get(name);
  return facts?.byDefault === true && (scheme === 'https' || !facts.tls);
};

interface ExplainParts {
  readonly source: ProcessSource;
  readonly prepared: PreparedConfiguration | undefined;
  readonly views: ConfigurationViews | undefined;
}

function explainOn(
  entryPoint: string,
  request: ExplainedRequest,
  parts: ExplainParts,
): EntryPointExplanation {
  const { source, prepared, views } = parts;
  const nothing: EntryPointExplanation = {
    ...{ entryPoint, outcome: 'refused', summary: '', router: null },
    ...{ middlewares: [], others: [], omitted: 0 },
  };
  const config = source.install.entryPoints.get(entryPoint);
  const path = config && createReadPath(config.encodedCharacters)(request.path);
  if (path === undefined || prepared === undefined)
    return {
      ...nothing,
      summary: 'The path is refused with 400: a server could read it as another path.',
    };
  const facts = toExplainedFacts(request, entryPoint);
  const createContext = (): MatchContext => new MatchContext(facts, toRoutingPath(path));
  const route = source.snapshot().match(createContext());
  const candidates = prepared.routers.filter(({ config: router }) => {
    const isSecure = router.tls || source.entryPoints.get(entryPoint)?.tls === true;
    return (
      isSecure === (request.scheme === 'https') &&
      entryPointsOf(router, source.entryPoints).includes(entryPoint)
    );
  });
  const matched = candidates.find((router) => router.config.name === route?.routerName);
  const others = explainOthers(
    candidates.filter((router) => router !== matched),
    { facts, createContext, matched },
  );
  const omitted = candidates.length - others.length - (matched === undefined ? 0 : 1);
  const view = matched && views?.routers.get(matched.config.name);
  if (matched === undefined || view === undefined)
    return {
      ...nothing,
      ...{ outcome: 'no_route', others, omitted },
      summary: `No router of the entry point ${entryPoint} matches: the response is 404 (no_route). ${candidates.length} routers were compared.`,
    };
  const { name, rule, priority, status, service, place, error } = view;
  const broken = route?.broken;
  return {
    entryPoint,
    outcome: broken === undefined ? 'matched' : 'refused',
    summary:
      broken === undefined
        ? `${name} matches with priority ${priority}; after ${matched.steps.length} middlewares, the request goes to ${service}.`
        : `${name} matches with priority ${priority}, but refuses every request with 503 (middleware_unavailable): ${broken}`,
    router: {
      ...{ name, rule, priority, status, service },
      ...(place !== undefined && { place }),
      ...(error !== undefined && { error }),
    },
    middlewares: matched.steps.map((step) => describeStep(step, prepared, views)),
    others,
    omitted,
  };
}

interface OthersParts {
  readonly facts: RequestFacts;
  readonly createContext: () => MatchContext;
  readonly matched: PreparedRouter | undefined;
}

/** Most similar first: routers that match too, then those with the fewest false calls. */
function explainOthers(
  routers: readonly PreparedRouter[],
  { facts, createContext, matched }: OthersParts,
): OtherRouter[] {
  const isNear = ({ rule }: PreparedRouter): boolean => rule.hosts?.has(facts.host) !== false;
  const near = routers.filter(isNear);
  const far = near.length >= maxCandidates ? [] : routers.filter((router) => !isNear(router));
  return [...near, ...far.slice(0, maxCandidates)]
    .slice(0, 2 * maxCandidates)
    .map((router) => explainOther(router, { facts, createContext, matched }))
    .sort((a, b) => a.failed.length - b.failed.length || b.priority - a.priority)
    .slice(0, maxOthers);
}

function explainOther(
  { config, rule }: PreparedRouter,
  { facts, createContext, matched }: OthersParts,
): OtherRouter {
  const priority = priorityOf({ config, rule });
  const matches = rule.evaluate(createContext());
  const failing = matches ? [] : createFindFailing(config.rule, matchers)(createContext());
  const failed = failing.map(({ text, result }) => ({
    call: redactRule(text),
    actual: describeActual(text, facts),
    result,
  }));
  return {
    name: config.name,
    rule: redactRule(config.rule),
    priority,
    matches,
    reason: matches
      ? `It matches too, but ${matched?.config.name ?? 'another router'} comes first: its priority is ${matched === undefined ? 'higher' : priorityOf(matched)}, that of this router ${priority}.`
      : failed
          .map(
            ({ call, actual, result }) =>
              `${call} is ${String(result)}${result ? ', and the rule wants it false' : ''}: ${actual}`,
          )
          .join('; '),
    failed: failed.map(({ call, actual }) => ({ call, actual })),
  };
}

const priorityOf = ({ config, rule }: Pick<PreparedRouter, 'config' | 'rule'>): number =>
  config.priority || rule.defaultPriority;

/** The value that a call was compared with; values of headers and parameters are omitted. */
function describeActual(
  call: string,
  { host, method, path, remoteAddress, query, rawHeaders }: RequestFacts,
): string {
  const name = /^[A-Za-z]+/.exec(call)?.[0].toLowerCase() ?? '';
  const key = /^\w+\(\s*[`"]([^`"]*)/.exec(call)?.[1] ?? '';
  if (name.startsWith('host')) return `the host is ${host === '' ? 'empty' : host}`;
  if (name.startsWith('path')) return `the path is ${path}`;
  if (name === 'method') return `the method is ${method}`;
  if (name === 'clientip') return `the address of the client is ${remoteAddress}`;
  if (name.startsWith('query'))
    return `the query has ${new URLSearchParams(query).has(key) ? 'another value for' : 'no'} ${key}`;
  const isPresent = rawHeaders.some((text, at) => at % 2 === 0 && text.toLowerCase() === key.toLowerCase());
  return `the request has ${isPresent ? 'another value for' : 'no'} header ${key}`;
}
