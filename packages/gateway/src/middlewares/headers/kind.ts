import { normalizeHeaderName } from '@grantgate/middleware/base/header-name';
import type { MiddlewareConfig } from '../../config/dynamic.ts';
import type { Problem } from '../../config/place.ts';
import { hopByHop } from '../../http1/message/hop-by-hop.ts';
import { compileRegexp } from '../../routing/regexp/compile.ts';
import type { SharedSources } from '../../secrets/resolve.ts';
import { replaceHeaders, type HeaderList } from '../../http1/message/header-list.ts';
import { defineKind, type OptionsResult } from '../kind.ts';
import { createOptionProblem, readOptions, type SchemaOptions } from '../read-options.ts';
import { unchanged, type Pass, type Step } from '../step.ts';
import { compileCors, type Cors } from './cors.ts';
import { headersSchema, ignoredHeadersNames, type HeadersOptions } from './schema.ts';
import { compileAllowedHosts, compileSecurityHeaders, hostNotAllowed } from './security.ts';

/** Traefik's `headers`. */
export const headers = defineKind<HeadersOptions>({
  name: 'headers',
  isPlugin: false,
  description: 'Changes headers of requests and responses: custom headers, CORS, and security headers.',
  schema: () => headersSchema,
  refusals: [hostNotAllowed],
  read,
  createCompile: () => compile,
});

function read(config: MiddlewareConfig, sources: SharedSources): OptionsResult<HeadersOptions> {
  const read = readOptions(headersSchema, config, sources, { ignored: ignoredHeadersNames });
  const { accessControlAllowOriginListRegex: expressions = [] } = read.options ?? {};
  const faults = expressions.flatMap((source, index) => {
    const compiled = compileRegexp(source);
    if (compiled.ok) return [];
    const { message } = compiled;
    const path = read.writtenPath(['accessControlAllowOriginListRegex', index]);
    return createOptionProblem(config, path, { code: 'invalid_value', message });
  });
  return {
    ...read,
    options: faults.length > 0 ? undefined : read.options,
    problems: [...read.problems, ...faults, ...findIgnored(config, read)],
  };
}

/** Headers that frame a message or belong to one connection; Traefik's proxy does not send configured ones either. */
const isOwnedByConnection = (name: string): boolean =>
  hopByHop.has(name.toLowerCase()) || name.toLowerCase() === 'content-length';

function findIgnored(
  config: MiddlewareConfig,
  { options, writtenPath }: SchemaOptions<HeadersOptions>,
): readonly Problem[] {
  return (['customRequestHeaders', 'customResponseHeaders'] as const).flatMap((option) =>
    Object.keys(options?.[option] ?? {})
      .filter(isOwnedByConnection)
      .map((name) =>
        createOptionProblem(config, writtenPath([option, name]), {
          severity: 'warning',
          code: 'ignored_option',
          message: `${name} is ignored: it belongs to the connection`,
        }),
      ),
  );
}

/** The headers that a message may be given, by name. */
const toEntries = (headers: Readonly<Record<string, string>>): readonly (readonly [string, string])[] =>
  Object.entries(headers).filter(([name]) => !isOwnedByConnection(name));

function compile(options: HeadersOptions, name: string): Step {
  const cors = compileCors(options);
  const isAllowedHost = compileAllowedHosts(options);
  const pass = toPass(options);
  const onResponse = compileResponse(options, cors);
  return Object.freeze({
    name,
    onRequest(request) {
      const reply = cors?.preflight(request);
      if (reply !== undefined) return reply;
      return isAllowedHost?.(request) === false ? hostNotAllowed.refusal : pass;
    },
    ...(onResponse !== undefined && { onResponse }),
  } satisfies Step);
}

function toPass({ customRequestHeaders }: HeadersOptions): Pass {
  const entries = toEntries(customRequestHeaders);
  if (entries.length === 0) return unchanged;
  const isHost = ([name]: readonly [string, string]): boolean => name.toLowerCase() === 'host';
  const host = entries.find(isHost)?.[1];
  const others = entries.filter((entry) => !isHost(entry));
  return Object.freeze({
    allowed: true,
    setHeaders: Object.freeze(others.flatMap(([name, value]) => (value === '' ? [] : [name, value]))),
    removeHeaders: new Set(others.map(([name]) => normalizeHeaderName(name))),
    ...(host !== undefined && host !== '' && { host }),
  });
}

/** Undefined when no header of a response is changed. */
function compileResponse(options: HeadersOptions, cors: Cors | undefined): Step['onResponse'] {
  const { fixed, onTls, usesTls, withNonce } = compileSecurityHeaders(options);
  const custom = toEntries(options.customResponseHeaders);
  const set = custom.flatMap(([name, value]) => (value === '' ? [] : [name, value]));
  const customNames = new Set(custom.map(([name]) => name.toLowerCase()));
  // Headers set here take precedence over the security headers, as if the response passed through both.
  const security = (list: HeaderList): HeaderList => replaceHeaders(list, customNames, []);
  const always: HeaderList = [...security(fixed), ...set];
  const secured = security(onTls);
  if (cors === undefined && withNonce === undefined) {
    if (always.length === 0 && secured.length === 0 && customNames.size === 0) return undefined;
    const plain = createReplace(always, customNames);
    const tls = secured.length === 0 ? plain : createReplace([...always, ...secured], customNames);
    return (list, _status, request) => (tls !== plain && usesTls(request) ? tls(list) : plain(list));
  }
  return (list, _status, request) => {
    const added = [...always, ...(usesTls(request) ? secured : []), ...security(withNonce?.() ?? [])];
    const first = replaceHeaders(list, new Set([...customNames, ...namesOf(added)]), added);
    if (cors === undefined) return first;
    const shared = cors.headersFor(request, first);
    return replaceHeaders(first, namesOf(shared), shared);
  };
}

/** A repeated list is changed only once. */
function createReplace(added: HeaderList, dropped: ReadonlySet<string>): (list: HeaderList) => HeaderList {
  const names = new Set([...dropped, ...namesOf(added)]);
  const known = new WeakMap<HeaderList, HeaderList>();
  return (list) => {
    let changed = known.get(list);
    if (changed === undefined) known.set(list, (changed = Object.freeze(replaceHeaders(list, names, added))));
    return changed;
  };
}

const namesOf = (list: HeaderList): ReadonlySet<string> =>
  new Set(list.filter((_text, at) => at % 2 === 0).map((name) => name.toLowerCase()));
