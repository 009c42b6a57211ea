import { z } from 'zod';
import { duration } from '@grantgate/middleware/options/duration';
import { localReferencesSchema } from './local-references.ts';

const name = /(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)/.source;
const key = `(?:${/[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?/.source}/)?${name}`;
const value = `(?:${name})?`;
const requirement = new RegExp(
  `^\\s*(?:!\\s*${key}|${key}(?:\\s*(?:==|=|!=|>|<)\\s*${value}|\\s+(?:in|notin)\\s*\\(\\s*${value}(?:\\s*,\\s*${value})*\\s*\\))?)\\s*$`,
);

/**
 * Whether a text is a valid label selector of the Kubernetes API: requirements such as `a=b`, `a!=b`, `a in (b,c)`, `a` and
 * `!a`, separated by commas.
 */
function isLabelSelector(text: string): boolean {
  // A comma in parentheses separates values.
  return text.split(/,(?![^(]*\))/).every((part) => requirement.test(part));
}

/** Access to the API server; the same for every provider of one cluster. */
export const accessFields = {
  endpoint: z
    .url({ protocol: /^https?$/, error: 'expected a URL with https or http' })
    .optional()
    .describe('URL of the API server. Default: that of the pod, otherwise that of the kubeconfig.'),
  token: z
    .string()
    .min(1)
    .optional()
    .meta({ title: 'secret' })
    .describe('Bearer token for `endpoint`: the token, `urn:env:VARIABLE` or `urn:file:PATH`.'),
  certAuthFilePath: z
    .string()
    .min(1)
    .optional()
    .describe('PEM file of the authorities for the certificate of `endpoint`.'),
  kubeconfig: z
    .string()
    .min(1)
    .optional()
    .describe(
      'A kubeconfig file, instead of `endpoint`. Default: `KUBECONFIG`, then `~/.kube/config`. Requires the package `@kubernetes/client-node`.',
    ),
  context: z.string().min(1).optional().describe('Context of the kubeconfig. Default: its current context.'),
};

/** Options of all providers of one cluster; the largest value applies. */
export const limitFields = {
  qps: z
    .number()
    .positive()
    .max(10_000)
    .default(200)
    .describe('Average number of requests to the API server per second.'),
  burst: z
    .int()
    .min(1)
    .max(10_000)
    .default(300)
    .describe('Number of requests to the API server that may be sent at once.'),
  secretsThreshold: z
    .int()
    .min(0)
    .default(20)
    .describe(
      'Above this number of referenced Secrets in one namespace, all Secrets of the namespace are read with one list and one watch if a role allows it. Otherwise each Secret is read by its name.',
    ),
  throttleDuration: duration.prefault('0s').describe('Minimum time between two changes that take effect.'),
};

const namespaces = z
  .array(
    z.string().regex(/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/, { error: 'expected the name of a namespace' }),
  )
  .default([])
  .describe('Namespaces to read. Default: all.');

const labelSelector = z
  .string()
  .refine((text) => text === '' || isLabelSelector(text), {
    error: 'expected a label selector such as `app=api,tier!=test`',
  })
  .default('');

type Access = z.output<z.ZodObject<typeof accessFields>>;

function checkAccess(
  { endpoint, kubeconfig, context, token, certAuthFilePath }: Access,
  issues: z.core.$RefinementCtx,
): void {
  const report = (name: string, message: string): void =>
    issues.addIssue({ code: 'custom', path: [name], message });
  if (endpoint !== undefined && kubeconfig !== undefined)
    report('kubeconfig', 'expected either endpoint or kubeconfig');
  if (endpoint !== undefined && context !== undefined)
    report('context', 'applies to a kubeconfig: remove endpoint');
  if (endpoint === undefined && token !== undefined) report('token', 'requires endpoint');
  if (endpoint === undefined && certAuthFilePath !== undefined)
    report('certAuthFilePath', 'requires endpoint');
}

/** `providers.kubernetesCRD` of the install configuration. */
export const kubernetesSchema = z
  .strictObject({
    ...accessFields,
    namespaces,
    labelSelector: labelSelector.describe('Reads only IngressRoutes and Middlewares with these labels.'),
    ingressClass: z
      .string()
      .default('')
      .describe(
        'Reads only IngressRoutes of this class: `spec.ingressClassName`, or without it the annotation `kubernetes.io/ingress.class`. Default: those without a class, and those of `traefik`.',
      ),
    allowCrossNamespace: z
      .boolean()
      .default(false)
      .describe(
        'Allows IngressRoutes and chains to refer to Middlewares, Services and other objects of other namespaces.',
      ),
    allowExternalNameServices: z
      .boolean()
      .default(false)
      .describe('Allows IngressRoutes to refer to Services of the type `ExternalName`.'),
    defaultTLSResourcesNamespace: z
      .string()
      .default('')
      .describe(
        'The only namespace whose TLSOption and TLSStore called `default` are used: they affect all connections. Default: any.',
      ),
    allowLocalReferences: localReferencesSchema
      .default([])
      .describe(
        "References to the gateway's own environment and files that Middlewares may use: `urn:env:NAME`, `urn:env:PREFIX*`, `urn:file:/FILE` or `urn:file:/DIRECTORY/` with everything below it. Default: none.",
      ),
    ...limitFields,
  })
  .superRefine(checkAccess);

/** `providers.kubernetesIngress` of the install configuration. */
export const kubernetesIngressSchema = z
  .strictObject({
    ...accessFields,
    namespaces,
    labelSelector: labelSelector.describe('Reads only Ingresses with these labels.'),
    ingressClass: z
      .string()
      .default('')
      .describe(
        'Reads only Ingresses of this class: `spec.ingressClassName`, or without it the annotation `kubernetes.io/ingress.class`. Default: those of every IngressClass of the gateway or of Traefik, those without a class, and those with the annotation `traefik`.',
      ),
    disableIngressClassLookup: z
      .boolean()
      .default(false)
      .describe(
        'Does not read IngressClasses, so that no role for them is needed, and ignores Ingresses that name one.',
      ),
    allowCrossNamespace: z
      .boolean()
      .default(false)
      .describe(
        'Allows Ingresses to refer to Middlewares of other namespaces. Traefik always does; a Middleware obtains tokens with the credentials of its namespace, and the Services of the Ingress receive them.',
      ),
    allowExternalNameServices: z
      .boolean()
      .default(false)
      .describe('Allows Ingresses to refer to Services of the type `ExternalName`.'),
    strictPrefixMatching: z
      .boolean()
      .default(false)
      .describe(
        'Matches whole elements of a path, as Kubernetes specifies it: `/foo` and `/foo/bar`, but not `/foobar`, which Traefik matches too.',
      ),
    ...limitFields,
  })
  .superRefine(checkAccess);

/** `providers.kubernetesGateway` of the install configuration. */
export const kubernetesGatewaySchema = z
  .strictObject({
    ...accessFields,
    namespaces,
    labelSelector: labelSelector.describe('Reads only GatewayClasses with these labels.'),
    ...limitFields,
  })
  .superRefine(checkAccess);
