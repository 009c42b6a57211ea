import { randomBytes } from 'node:crypto';
import type { HeaderList } from '../../http1/message/header-list.ts';
import { defineRefusal } from '../refusal.ts';
import type { StepRequest } from '../step.ts';
import type { HeadersOptions } from './schema.ts';

/** A request for a host that `allowedHosts` does not list; the status is Traefik's. */
export const hostNotAllowed = defineRefusal(
  {
    code: 'host_not_allowed',
    status: 500,
    title: 'Bad host',
    detail: 'this host is not served here',
  },
  '`headers`: `Host` is not one of `allowedHosts`.',
);

/** Whether the host of a request is allowed; undefined when every host is. */
export function compileAllowedHosts({
  allowedHosts,
  hostsProxyHeaders,
  isDevelopment,
}: HeadersOptions): ((request: StepRequest) => boolean) | undefined {
  if (isDevelopment || allowedHosts.length === 0) return undefined;
  const allowed = new Set(allowedHosts.map((host) => host.toLowerCase()));
  const proxyHeaders = hostsProxyHeaders.map((name) => name.toLowerCase());
  return (request) => {
    let host = request.authority;
    for (const name of proxyHeaders) {
      const said = request.header(name);
      if (said === undefined || said === '') continue;
      host = said;
      break;
    }
    return allowed.has(host.toLowerCase());
  };
}

/** Security headers of responses. */
export interface SecurityHeaders {
  /** Headers of every response. */
  readonly fixed: HeaderList;
  /** Headers of responses to callers that use TLS. */
  readonly onTls: HeaderList;
  /** Whether the caller uses TLS. */
  readonly usesTls: (request: StepRequest) => boolean;
  /** Headers with a separate nonce for each response; undefined without any. */
  readonly withNonce: (() => HeaderList) | undefined;
}

export function compileSecurityHeaders(options: HeadersOptions): SecurityHeaders {
  const { isDevelopment, publicKey, sslProxyHeaders, stsSeconds, forceSTSHeader } = options;
  const sts: HeaderList =
    stsSeconds === 0 || isDevelopment ? [] : ['Strict-Transport-Security', toTransportSecurity(options)];
  const pins: HeaderList = publicKey === '' || isDevelopment ? [] : ['Public-Key-Pins', publicKey];
  const { frameDeny, customFrameOptionsValue, browserXssFilter, customBrowserXSSValue } = options;
  const policies = [
    ['Content-Security-Policy', options.contentSecurityPolicy],
    ['Content-Security-Policy-Report-Only', options.contentSecurityPolicyReportOnly],
  ] as const;
  const isDynamic = ([, value]: readonly [string, string]): boolean => value.includes(nonceMark);
  const dynamic = policies.filter(isDynamic);
  const fixed = [
    ['X-Frame-Options', customFrameOptionsValue || (frameDeny ? 'DENY' : '')],
    ['X-Content-Type-Options', options.contentTypeNosniff ? 'nosniff' : ''],
    ['X-XSS-Protection', customBrowserXSSValue || (browserXssFilter ? '1; mode=block' : '')],
    ...policies.filter((policy) => !isDynamic(policy)),
    ['Referrer-Policy', options.referrerPolicy],
    ['Permissions-Policy', options.permissionsPolicy],
  ].filter(([, value]) => value !== '');
  const said = Object.entries(sslProxyHeaders).map(([name, value]) => [name.toLowerCase(), value] as const);
  return {
    fixed: [...fixed.flat(), ...(forceSTSHeader ? sts : [])],
    onTls: [...(forceSTSHeader ? [] : sts), ...pins],
    usesTls: (request) =>
      request.facts.scheme === 'https' || said.some(([name, value]) => request.header(name) === value),
    withNonce: dynamic.length === 0 ? undefined : () => withNonce(dynamic),
  };
}

const nonceMark = '$NONCE';

function withNonce(policies: readonly (readonly [string, string])[]): HeaderList {
  const nonce = `'nonce-${randomBytes(16).toString('base64')}'`;
  return policies.flatMap(([name, value]) => [name, value.replaceAll(nonceMark, () => nonce)]);
}

function toTransportSecurity({ stsSeconds, stsIncludeSubdomains, stsPreload }: HeadersOptions): string {
  return `max-age=${stsSeconds}${stsIncludeSubdomains ? '; includeSubDomains' : ''}${stsPreload ? '; preload' : ''}`;
}
