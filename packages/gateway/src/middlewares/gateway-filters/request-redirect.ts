import { STATUS_CODES } from 'node:http';
import type { z } from 'zod';
import { defineKind } from '../kind.ts';
import { schemeOf } from '../redirect.ts';
import type { Step } from '../step.ts';
import { readFilter } from './read-filter.ts';
import { createChangePath } from './replace-prefix.ts';
import { requestRedirectSchema } from './schemas.ts';

type RequestRedirectOptions = z.output<typeof requestRedirectSchema>;

/** The filter `RequestRedirect` of an HTTPRoute. */
export const requestRedirect = defineKind<RequestRedirectOptions>({
  name: 'requestRedirect',
  isPlugin: false,
  description: 'Redirects callers.',
  schema: () => requestRedirectSchema,
  read: (config) => readFilter(requestRedirectSchema, config),
  createCompile: () => compile,
});

const usualPorts: Readonly<Record<string, string>> = { http: '80', https: '443' };

/** A scheme without a port means the port of the scheme; without both, the caller's port stays. */
function compile(
  { scheme, hostname, port, path, statusCode, matchedPrefix }: RequestRedirectOptions,
  name: string,
): Step {
  const changePath = createChangePath({ ...path, matchedPrefix });
  return Object.freeze({
    name,
    onRequest(request) {
      const { authority } = request.facts;
      const [, host = '', asked = ''] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(authority) ?? [];
      const to = scheme ?? schemeOf(request);
      const wanted = port === undefined ? (scheme === undefined ? asked : '') : String(port);
      const suffix = wanted === '' || usualPorts[to] === wanted ? '' : `:${wanted}`;
      const target = changePath?.(request.target) ?? request.target;
      return {
        allowed: false,
        response: {
          status: statusCode,
          headers: [
            'Location',
            `${to}://${hostname ?? host}${suffix}${target}`,
            'Content-Type',
            'text/plain; charset=utf-8',
          ],
          body: Buffer.from(STATUS_CODES[statusCode] ?? ''),
        },
      };
    },
  } satisfies Step);
}
