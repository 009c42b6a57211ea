import { isLoopback } from '../base/loopback.ts';
import type { Report } from './report.ts';

/** The options that select the authorization server; each may have a type that the schema refused. */
export interface ServerShape {
  readonly url?: unknown;
  readonly issuer?: unknown;
}

/** Problems of `url` and `issuer` that types do not express. An empty string is an omitted option. */
export function checkServer({ url, issuer }: ServerShape, report: Report): void {
  const isIgnored = isGiven(url) && isGiven(issuer);
  if (typeof url === 'string' && url !== '') checkUrl(url, report);
  if (typeof issuer === 'string' && issuer !== '') {
    const fault = findIssuerFault(issuer);
    if (fault !== undefined) report('error', ['issuer'], 'invalid_value', fault);
    else if (!isIgnored && isInsecure(new URL(issuer)))
      report('warning', ['issuer'], 'insecure', 'http lets others choose where client secrets are sent: use https');
  }
  if (isIgnored) report('warning', ['issuer'], 'ignored_option', 'is not used, because url is given');
  if (!isGiven(url) && !isGiven(issuer))
    report('error', ['url'], 'missing_option', 'is required unless issuer is given');
} // prettier-ignore

const isGiven = (value: unknown): boolean => value !== undefined && value !== '';

function checkUrl(text: string, report: Report): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const refuse = (message: string): void => report('error', ['url'], 'invalid_value', message);
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    refuse('expected an absolute https or http URL');
  else if (url.username !== '' || url.password !== '')
    refuse('a URL must not contain credentials: use clientID and clientSecret');
  else if (url.hash !== '') refuse('a token endpoint has no fragment (RFC 6749 section 3.2)');
  else if (isInsecure(url))
    report('warning', ['url'], 'insecure', 'http sends client secrets in clear: use https');
}

/** Whether others on the network path can read and change requests to a server. */
export const isInsecure = ({ protocol, hostname }: URL): boolean =>
  protocol === 'http:' && !isLoopback(hostname);

/** RFC 8414 section 2: an https URL without query and fragment. */
function findIssuerFault(text: string): string | undefined {
  // URL ignores surrounding spaces and line breaks, but metadata are compared with the text as written.
  const url = /^https?:\/\/\S+$/i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return 'expected an absolute https URL';
  if (url.username !== '' || url.password !== '')
    return 'a URL must not contain credentials: use clientID and clientSecret';
  if (/[?#]/.test(text)) return 'an issuer has no query and no fragment (RFC 8414 section 2)';
  if (url.pathname.includes('/.well-known/'))
    return 'expected the issuer, not the URL of its metadata: leave out the part with .well-known';
  return undefined;
}
