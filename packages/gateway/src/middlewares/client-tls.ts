import { checkTls } from '@grantgate/middleware/options/tls';
import { z } from 'zod';
import { asWritten, isMapping, valueAt } from '../config/path.ts';
import type { MiddlewareConfig } from '../config/dynamic.ts';
import type { Problem } from '../config/place.ts';
import type { ServerTls } from '../http1/client/dial.ts';
import type { SharedSources } from '../secrets/resolve.ts';
import { createOptionProblem, type SchemaOptions } from './read-options.ts';

/** Traefik's `tls` of a client; in a Kubernetes cluster, its Secrets. */
export const clientTlsSchema = z.strictObject({
  ca: z
    .string()
    .min(1)
    .optional()
    .describe('Authorities of the server: a file, PEM text or a secret reference.'),
  cert: z.string().min(1).optional().describe('Client certificate: a file, PEM text or a secret reference.'),
  key: z
    .string()
    .min(1)
    .optional()
    .meta({ title: 'secret' })
    .describe('Private key of `cert`: a file, PEM text or a secret reference.'),
  caSecret: z.string().optional().describe('Kubernetes: Secret with `ca.crt` or `tls.ca`, instead of `ca`.'),
  certSecret: z
    .string()
    .optional()
    .describe('Kubernetes: Secret with `tls.crt` and `tls.key`, instead of `cert` and `key`.'),
  insecureSkipVerify: z.boolean().default(false).describe('Accepts any certificate of the server.'),
});

/** Options that name a Secret, below the path of the TLS options. */
export const tlsSecretOptions = (path: readonly string[]): readonly (readonly string[])[] => [
  [...path, 'caSecret'],
  [...path, 'certSecret'],
];

export type ClientTlsOptions = z.output<typeof clientTlsSchema>;

/**
 * Rewrites the files and Secrets of TLS options as secret references, so that the same reading, permission and watching applies.
 *
 * @param path of the TLS options, in any letter case.
 */
export function toTlsReferences(
  config: MiddlewareConfig,
  path: readonly string[],
  { secrets }: SharedSources,
): MiddlewareConfig {
  const written = asWritten(config.options, path);
  const tls = valueAt(config.options, written);
  if (!isMapping(tls)) return config;
  const texts = new Map<string, string>();
  for (const [name, value] of Object.entries(tls))
    if (typeof value === 'string' && value !== '') texts.set(name.toLowerCase(), value);
  const added: Record<string, string> = {};
  const caSecret = texts.get('casecret');
  if (caSecret !== undefined) {
    const keys = secrets.get(`${config.namespace ?? 'default'}/${caSecret}`);
    added['ca'] =
      `urn:k8s:secret:${caSecret}:${keys?.has('tls.ca') === true && !keys.has('ca.crt') ? 'tls.ca' : 'ca.crt'}`;
  }
  const certSecret = texts.get('certsecret');
  if (certSecret !== undefined) {
    added['cert'] = `urn:k8s:secret:${certSecret}:tls.crt`;
    added['key'] = `urn:k8s:secret:${certSecret}:tls.key`;
  }
  const toReference = ([name, value]: readonly [string, unknown]): readonly [string, unknown] =>
    isFileName(name, value) ? [name, `urn:file:${value}`] : [name, value];
  const replaced = Object.fromEntries(
    Object.entries(tls)
      .filter(([name]) => added[name.toLowerCase()] === undefined)
      .map(toReference),
  );
  return { ...config, options: replaceAt(config.options, written, { ...replaced, ...added }) };
}

/** Whether a text is a file name: neither PEM nor a reference. */
const isFileName = (name: string, value: unknown): value is string =>
  ['ca', 'cert', 'key'].includes(name.toLowerCase()) &&
  typeof value === 'string' &&
  value !== '' &&
  !/^urn:|-----BEGIN/i.test(value);

function replaceAt(options: unknown, [name, ...below]: readonly string[], value: unknown): unknown {
  if (name === undefined) return value;
  const mapping = isMapping(options) ? options : {};
  return { ...mapping, [name]: replaceAt(mapping[name], below, value) };
}

/** Problems of TLS options beyond their types. @param peer noun for the server. */
export function checkClientTls(
  tls: ClientTlsOptions | undefined,
  { config, read, path, peer }: TlsCheck,
): readonly Problem[] {
  const problems: Problem[] = [];
  if (tls !== undefined)
    checkTls(tls, { path, caName: 'ca', peer }, (severity, at, code, message) =>
      problems.push(createOptionProblem(config, read.writtenPath(at), { severity, code, message })),
    );
  return problems;
}

interface TlsCheck {
  readonly config: MiddlewareConfig;
  readonly read: Pick<SchemaOptions<object>, 'writtenPath'>;
  readonly path: readonly string[];
  readonly peer: string;
}

/** Undefined without TLS options. */
export function toServerTls(tls: ClientTlsOptions | undefined): ServerTls | undefined {
  if (tls === undefined) return undefined;
  const { ca, cert, key, insecureSkipVerify } = tls;
  return {
    serverName: undefined,
    insecureSkipVerify,
    rootCAs: ca === undefined ? undefined : [ca],
    certificates: cert === undefined || key === undefined ? [] : [{ cert, key }],
    peerCertURI: undefined,
  };
}
