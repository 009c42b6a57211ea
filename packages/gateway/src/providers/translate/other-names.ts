import type { ProblemDetails } from '../../config/problem.ts';

/** Names in a router or a route that do not affect access. */
export const ignoredRouterNames: Readonly<Record<string, string>> = Object.freeze({
  certResolver: 'certificates are not requested from an authority (ACME); those of the section tls are used',
  domains: 'certificates are not requested from an authority (ACME)',
  observability: 'the access log is set for the whole gateway',
});

/** Names in an IngressRoute that this version ignores. */
export const unsupportedIngressRouteNames: readonly string[] = Object.freeze(['parentRefs']);

/** Names in a service that this version ignores. */
export const unsupportedServiceNames: readonly string[] = Object.freeze([
  'middlewares',
  'mode',
  'unhealthyInterval',
  'followRedirects',
  'domain',
  'path',
  'sticky',
  'healthCheck',
  'nodePortLB',
  'preservePath',
]);

/** Replacements for options of services that are not served, by path. */
const insteadOf: Readonly<Record<string, string>> = {
  mirroring: 'requests go to one server: mirror them in a proxy behind grantgate',
  middlewares: 'list the middlewares in the router',
  'failover.errors':
    'use the middleware errors for pages of another service, or retry, which uses another server',
};

/** @param path of an option of a service that the schema does not have. */
export function explainService(path: readonly string[]): ProblemDetails | undefined {
  const instead = insteadOf[path.join('.').toLowerCase()];
  return instead === undefined
    ? undefined
    : { code: 'unsupported_option', message: `${path.at(-1) ?? ''} is not supported: ${instead}` };
}

/** Names in a service that are valid unchanged. */
export const ignoredServiceNames: Readonly<Record<string, string>> = Object.freeze({
  responseForwarding: 'responses are streamed as they arrive',
});

/** Types and options of a TraefikService that this version does not support. */
export const unsupportedTraefikServiceNames: readonly string[] = Object.freeze([
  'mirroring',
  'status',
  'maxRequestBodyBytes',
]);

/** All names, anywhere in an IngressRoute. */
export const otherIngressRouteNames: readonly string[] = Object.freeze([
  ...new Set([
    ...Object.keys({ ...ignoredRouterNames, ...ignoredServiceNames }),
    ...unsupportedIngressRouteNames,
    ...unsupportedServiceNames,
  ]),
]);
