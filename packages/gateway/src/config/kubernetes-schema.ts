import { z } from 'zod';
import { duration } from '@grantgate/middleware/options/duration';
import { isLabelSelector } from './label-selector.ts';
import { expectedLocalReference, parseAllowedReference } from './local-references.ts';

/** `allowLocalReferences` of a provider. */
export const localReferences = z.array(
  z.string().refine((text) => parseAllowedReference(text) !== undefined, { error: expectedLocalReference }),
);

/** `providers.kubernetesCRD` of the install configuration. */
export const kubernetesSchema = z
  .strictObject({
    endpoint: z
      .url({ protocol: /^https?$/, error: 'expected a URL with https or http' })
      .optional()
      .describe(
        'URL of the API server. Default: that of the pod that the gateway runs in, otherwise of the kubeconfig.',
      ),
    token: z
      .string()
      .min(1)
      .optional()
      .meta({ title: 'secret' })
      .describe('Bearer token for `endpoint`: itself, `urn:env:VARIABLE` or `urn:file:PATH`.'),
    certAuthFilePath: z
      .string()
      .min(1)
      .optional()
      .describe('PEM file of the authorities that the certificate of `endpoint` is checked against.'),
    kubeconfig: z
      .string()
      .min(1)
      .optional()
      .describe(
        'A kubeconfig file, in place of `endpoint`. Default: `KUBECONFIG`, then `~/.kube/config`. Reading one needs the package `@kubernetes/client-node`.',
      ),
    context: z.string().min(1).optional().describe('Context of the kubeconfig. Default: its current one.'),
    namespaces: z
      .array(
        z
          .string()
          .regex(/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/, { error: 'expected a name of a namespace' }),
      )
      .default([])
      .describe('Namespaces that are read. Default: all of the cluster.'),
    labelSelector: z
      .string()
      .refine((text) => text === '' || isLabelSelector(text), {
        error: 'expected a label selector such as `app=api,tier!=test`',
      })
      .default('')
      .describe('Only IngressRoutes and Middlewares with these labels are read.'),
    ingressClass: z
      .string()
      .default('')
      .describe(
        'Only IngressRoutes of this class: `spec.ingressClassName`, or without it the annotation `kubernetes.io/ingress.class`. Default: those without a class, and those of `traefik`.',
      ),
    allowCrossNamespace: z
      .boolean()
      .default(false)
      .describe('Lets IngressRoutes and chains refer to Middlewares and Services of other namespaces.'),
    allowExternalNameServices: z
      .boolean()
      .default(false)
      .describe('Lets IngressRoutes refer to Services of the type `ExternalName`.'),
    allowLocalReferences: localReferences
      .default([])
      .describe(
        "References to the gateway's own environment and files that Middlewares may use: `urn:env:NAME`, `urn:env:PREFIX*`, `urn:file:/FILE` or `urn:file:/DIRECTORY/` with everything below it. Default: none.",
      ),
    qps: z
      .number()
      .positive()
      .max(10_000)
      .default(200)
      .describe('Requests to the API server a second, on average.'),
    burst: z
      .int()
      .min(1)
      .max(10_000)
      .default(300)
      .describe('Requests to the API server that may be sent at once.'),
    secretsThreshold: z
      .int()
      .min(0)
      .default(20)
      .describe(
        'When Middlewares refer to more Secrets of one namespace, all its Secrets are read with one list and one watch, if a role allows it; otherwise each by its name.',
      ),
    throttleDuration: duration
      .prefault('0s')
      .describe('The least time between two changes that take effect.'),
  })
  .superRefine(({ endpoint, kubeconfig, context, token, certAuthFilePath }, issues) => {
    const report = (name: string, message: string): void =>
      issues.addIssue({ code: 'custom', path: [name], message });
    if (endpoint !== undefined && kubeconfig !== undefined)
      report('kubeconfig', 'expected one of endpoint and kubeconfig');
    if (endpoint !== undefined && context !== undefined)
      report('context', 'belongs to a kubeconfig: expected no endpoint beside it');
    if (endpoint === undefined && token !== undefined)
      report('token', 'belongs to an endpoint: expected endpoint');
    if (endpoint === undefined && certAuthFilePath !== undefined)
      report('certAuthFilePath', 'belongs to an endpoint: expected endpoint');
  });
