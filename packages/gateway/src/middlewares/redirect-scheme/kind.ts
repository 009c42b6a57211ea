import { z } from 'zod';
import { defineKind } from '../kind.ts';
import { readOptions } from '../read-options.ts';
import { schemeOf, toRedirect } from '../redirect.ts';
import { unchanged, type Step } from '../step.ts';

const schema = z.strictObject({
  scheme: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9+.-]*$/, { error: 'expected a scheme such as https (RFC 3986 section 3.1)' })
    .describe('Scheme to redirect to, such as `https`.'),
  port: z
    .union([z.string(), z.int().min(0).max(65_535)], { error: 'expected a port' })
    .transform(String)
    .default('')
    .describe('Port to redirect to. Default: the port of the scheme.'),
  permanent: z
    .boolean()
    .default(false)
    .describe('Uses 301, or 308 for methods other than `GET`; otherwise 302 or 307.'),
});

type RedirectSchemeOptions = z.output<typeof schema>;

/** Traefik's `redirectScheme`. */
export const redirectScheme = defineKind<RedirectSchemeOptions>({
  name: 'redirectScheme',
  isPlugin: false,
  description: 'Redirects callers to another scheme or port.',
  schema: () => schema,
  read: (config, sources) => readOptions(schema, config, sources),
  createCompile: () => compile,
});

function compile({ scheme, port, permanent }: RedirectSchemeOptions, name: string): Step {
  const suffix = port === '' || usualPorts[scheme] === port ? '' : `:${port}`;
  return Object.freeze({
    name,
    onRequest(request) {
      const { authority, target } = request;
      const [, host = '', asked = ''] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(authority) ?? [];
      const used = schemeOf(request);
      const before = `${used}://${host}${asked === '' || usualPorts[used] === asked ? '' : `:${asked}`}`;
      const location = `${scheme}://${host}${suffix}`;
      return location === before ? unchanged : toRedirect(request, location + target, permanent);
    },
  } satisfies Step);
}

const usualPorts: Readonly<Record<string, string>> = { http: '80', https: '443' };
