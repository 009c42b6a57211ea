import type { ProxyName } from '../e2e/beside-proxies.testkit.ts';

/** The middlewares for which a proxy sends checks, each for the paths below `/NAME/`, and the headers that it copies. */
export interface ProtectedPaths {
  readonly middlewares: readonly string[];
  /** Headers that the decisions set, except `Authorization` and `X-Auth-Request-User`, which every example has. */
  readonly forwarded: readonly string[];
}

/**
 * The only spelling of a name that a caller can send: the examples remove every header with another special character in its name.
 */
const hyphenated = (name: string): string => name.replaceAll('_', '-');

const lower = (names: readonly string[]): readonly string[] => names.map((name) => name.toLowerCase());

/** Repeats one piece of an example for each name, as the example has it for `orders` and for `Group`. */
function replaceOnce(text: string, piece: RegExp | string, by: (found: string) => string): string {
  const found = typeof piece === 'string' ? piece : (piece.exec(text)?.[0] ?? '');
  if (found === '' || text.split(found).length !== 2)
    throw new Error(`the example does not have exactly one ${String(piece)}`);
  return text.replace(found, () => by(found));
}

type Change = (text: string, paths: ProtectedPaths) => string;

const perMiddleware =
  (piece: RegExp): Change =>
  (text, { middlewares }) =>
    replaceOnce(text, piece, (found) => middlewares.map((name) => found.replaceAll('orders', name)).join(''));

const variableOf = (name: string): string => name.toLowerCase().replaceAll('-', '_');

/** By proxy and file: how a reader of the example adapts it. Files that are not listed stay unchanged. */
export const changes: Readonly<Record<ProxyName, Readonly<Record<string, Change>>>> = {
  nginx: {
    'nginx.conf': perMiddleware(/ {8}location \/orders\/ \{[^}]*\}\n/),
    'guarded.conf': (text, { forwarded }) => {
      // If the header itself has a `_`, the caller's spelling with `-` must be removed.
      const set = (name: string): string =>
        name.includes('_') ? `proxy_set_header ${hyphenated(name)} "";\n` : '';
      const taken = replaceOnce(text, /^auth_request_set \$auth_group.*\n/m, () =>
        forwarded
          .map((name) => `auth_request_set $auth_${variableOf(name)} $upstream_http_${variableOf(name)};\n`)
          .join(''),
      );
      return replaceOnce(taken, /^proxy_set_header Group.*\n/m, () =>
        forwarded.map((name) => `${set(name)}proxy_set_header ${name} $auth_${variableOf(name)};\n`).join(''),
      );
    },
  },
  Caddy: {
    Caddyfile: (text, paths) => {
      const protectedText = perMiddleware(/\thandle \/orders\/\* \{[^}]*\}\n/)(text, paths);
      const copied = replaceOnce(protectedText, / Group$/m, () =>
        paths.forwarded.map((name) => ` ${name}`).join(''),
      );
      return replaceOnce(copied, /^\trequest_header -Group\n/m, () =>
        paths.forwarded.map((name) => `\trequest_header -${hyphenated(name)}\n`).join(''),
      );
    },
  },
  HAProxy: {
    'haproxy.cfg': perMiddleware(/^.*str\(orders\).*\n/m),
    'grantgate.lua': (text, { forwarded }) =>
      replaceOnce(text, ', "group"', () =>
        lower(forwarded)
          .map((name) => `, "${name}"`)
          .join(''),
      ),
  },
  'Envoy, over HTTP': {
    'envoy-http.yaml': (text, { forwarded }) => {
      // The path of the caller's request follows, and with it the name of the middleware.
      const asked = replaceOnce(
        text,
        'path_prefix: /forward-auth/orders',
        () => 'path_prefix: /forward-auth',
      );
      const routed = replaceOnce(asked, '{ prefix: /orders/ }', () => '{ prefix: / }');
      const patterns = (names: readonly string[]): string =>
        lower(names)
          .map((name) => `{ exact: ${name} }`)
          .join(', ');
      const taken = replaceOnce(routed, '{ exact: group }', () => patterns(forwarded));
      // If the header itself has a `_`, only the response can remove the spelling with `-`, so the response must name it.
      const told = forwarded.filter((name) => name.includes('_')).map(hyphenated);
      return replaceOnce(
        taken,
        '[{ exact: x-request-id }]',
        () => `[${patterns(['x-request-id', ...told])}]`,
      );
    },
  },
  Traefik: {
    'dynamic.yaml': (text, paths) => {
      const router = / {4}orders:\n {6}rule: .*\n(?: {6}.*\n)+/;
      const routed = perMiddleware(router)(text, paths);
      const protectedText = perMiddleware(/ {4}orders:\n {6}forwardAuth:\n(?: {8}.*\n)+/)(routed, paths);
      // If the header itself has a `_`, the caller's spelling with `-` is listed too, and therefore removed.
      const names = paths.forwarded.flatMap((name) => [...new Set([name, hyphenated(name)])]);
      return protectedText.replaceAll(', Group]', `, ${names.join(', ')}]`);
    },
  },
  'Envoy, over gRPC': {
    'envoy.yaml': perMiddleware(/^ +- match: \{ prefix: \/orders\/ \}\n(?: +[^ -].*\n)+/m),
  },
};
