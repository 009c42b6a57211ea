import { z } from 'zod';
import type { Report } from './report.ts';
import { isInsecure } from './server.ts';

/** URL in its normal form; an invalid URL stays unchanged for `checkEndpointUrl` and others to report. */
export const toHref = (text: string): string => (URL.canParse(text) ? new URL(text).href : text);

export const endpointUrl = z.string().min(1).transform(toHref);

/** The problem of an endpoint's URL. @param noun describes the endpoint: `introspection endpoint`. */
export function checkEndpointUrl(
  value: unknown,
  path: readonly string[],
  noun: string,
  report: Report,
): void {
  if (typeof value !== 'string' || value === '') return;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const refuse = (message: string): void => report('error', path, 'invalid_value', message);
  if (url === undefined || !/^https?:$/.test(url.protocol)) refuse('expected an absolute https or http URL');
  else if (url.username !== '' || url.password !== '')
    refuse('a URL must not contain credentials: use clientID and clientSecret');
  else if (url.hash !== '') refuse(`the URL of ${noun} has no fragment`);
  else if (isInsecure(url))
    report('warning', path, 'insecure', 'http sends tokens and client secrets in clear: use https');
}
