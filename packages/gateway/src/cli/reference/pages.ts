import type { RefusalCode } from '@grantgate/middleware/decision/refusal-code';
import { refusals } from '@grantgate/middleware/decision/refusals';
import type { z } from 'zod';
import { toJsonSchema } from '../../config/json-schema.ts';
import type { GatewayRefusalCode } from '../../pipeline/refusals.ts';
import { kinds } from '../../middlewares/kinds.ts';
import { oAuthClientCredentials } from '../../middlewares/oauth-client-credentials/kind.ts';
import { gatewayRefusals } from '../../pipeline/refusals.ts';
import {
  gatewaySchema,
  httpRouteRuleSchema,
  httpRouteSchema,
  listenerSchema,
} from '../../providers/translate/kubernetes/gateway-schemas.ts';
import {
  ingressPathSchema,
  ingressRuleSchema,
  ingressSchema,
} from '../../providers/translate/kubernetes/ingress-schemas.ts';
import {
  endpointSliceSchema,
  ingressRouteSchema,
  kubernetesNames,
  memberSchema,
  metadataSchema,
  routeSchema,
  secretSchema,
  serviceSchema,
  traefikServiceSchema,
} from '../../providers/translate/kubernetes/schemas.ts';
import {
  serversTransportObjectSchema,
  tlsOptionSchema,
  tlsStoreSchema,
} from '../../providers/translate/kubernetes/tls-schemas.ts';
import { configurationSchemas } from '../configuration-schemas.ts';
import type { Option } from './options.ts';
import { formatOptions, listOptions } from './options.ts';
import { refusalMeanings, startErrorMeanings, thrownErrorMeanings } from './refusal-meanings.ts';

/** A table of options under a heading. */
export interface Section {
  /** Empty for the heading of the page. */
  readonly heading: string;
  readonly text: string;
  readonly options: readonly Option[];
}

export interface OptionsPage {
  readonly title: string;
  readonly text: string;
  readonly sections: readonly Section[];
}

const clientCredentials = 'http.middlewares.NAME.plugin.oAuthClientCredentials';
const durations = 'A **duration** is written as `30s`, `1m30s` or `500ms`, or as a whole number of seconds.';
const names = 'Option names are case-insensitive; an unknown name is an error that suggests the nearest one.';

const optionsOf = (schema: z.ZodType, path = ''): readonly Option[] =>
  listOptions(toJsonSchema(schema, { title: '', description: '' }), path);

const ofObject = (schema: z.ZodType): readonly Option[] =>
  optionsOf(schema).filter(({ path }) => !/^(?:apiVersion|kind|metadata|status)$|^spec$/.test(path));

/** For kinds that other documents specify: only options with a description. */
const describedOf = (...lists: readonly (readonly Option[])[]): readonly Option[] =>
  lists.flat().filter(({ meaning }) => meaning !== '');

/** Kinds of Traefik besides routes and Middlewares. */
const listServiceSections = (): readonly Section[] => [
  {
    heading: 'TraefikService',
    text: '`apiVersion: traefik.io/v1alpha1`',
    options: [...ofObject(traefikServiceSchema), ...optionsOf(memberSchema, 'spec.weighted.services[]')],
  },
  ...Object.entries({
    ServersTransport: serversTransportObjectSchema,
    TLSOption: tlsOptionSchema,
    TLSStore: tlsStoreSchema,
  }).map(([heading, schema]) => ({
    heading,
    text: '`apiVersion: traefik.io/v1alpha1`',
    options: ofObject(schema),
  })),
];

/** The pages about configuration, by file name without `.md`. */
export function createOptionsPages(): Readonly<Record<string, OptionsPage>> {
  const routes = listOptions(configurationSchemas.routes());
  return {
    install: {
      title: 'Install configuration',
      text: `\`grantgate.yaml\`, in YAML, TOML or JSON, for \`grantgate serve --config FILE\`. ${names} ${durations}`,
      sections: [{ heading: '', text: '', options: listOptions(configurationSchemas.install()) }],
    },
    routes: {
      title: 'Routes',
      text: `Files of two formats, distinguished by their content and mixed freely in one directory. ${names} ${durations}`,
      sections: [
        {
          heading: "Traefik's dynamic configuration",
          text: 'In YAML, TOML or JSON. `oAuthClientCredentials` has [its own page](oauth-client-credentials.md).',
          options: routes.filter(({ path }) => !path.startsWith(`${clientCredentials}.`)),
        },
        {
          heading: 'Kubernetes manifests',
          text: 'A file contains one or several YAML documents. Every object has these options.',
          options: optionsOf(metadataSchema, 'metadata'),
        },
        {
          heading: 'IngressRoute',
          text: '`apiVersion: traefik.io/v1alpha1`',
          options: [...ofObject(ingressRouteSchema), ...optionsOf(routeSchema, 'spec.routes[]')],
        },
        {
          heading: 'Ingress',
          text: '`apiVersion: networking.k8s.io/v1`. In a cluster, with `providers.kubernetesIngress`. Fields without a row mean what Kubernetes specifies.',
          options: describedOf(
            ofObject(ingressSchema),
            optionsOf(ingressRuleSchema, 'spec.rules[]'),
            optionsOf(ingressPathSchema, 'spec.rules[].http.paths[]'),
          ),
        },
        {
          heading: 'Gateway',
          text: '`apiVersion: gateway.networking.k8s.io/v1`. In a cluster, with `providers.kubernetesGateway`. Fields without a row mean what Gateway API specifies.',
          options: describedOf(ofObject(gatewaySchema), optionsOf(listenerSchema, 'spec.listeners[]')),
        },
        {
          heading: 'HTTPRoute',
          text: '`apiVersion: gateway.networking.k8s.io/v1`. In a cluster, with `providers.kubernetesGateway`. Fields without a row mean what Gateway API specifies.',
          options: describedOf(ofObject(httpRouteSchema), optionsOf(httpRouteRuleSchema, 'spec.rules[]')),
        },
        {
          heading: 'Middleware',
          text: '`apiVersion: traefik.io/v1alpha1`. A Middleware is of one kind. `spec.plugin.oAuthClientCredentials` has [its own page](oauth-client-credentials.md).',
          options: kinds
            .filter((kind) => kind !== oAuthClientCredentials)
            .flatMap(({ name, isPlugin, schema }) =>
              optionsOf(schema(kubernetesNames), isPlugin ? `spec.plugin.${name}` : `spec.${name}`),
            ),
        },
        ...listServiceSections(),
        { heading: 'Secret', text: '`apiVersion: v1`', options: ofObject(secretSchema) },
        { heading: 'Service', text: '`apiVersion: v1`', options: ofObject(serviceSchema) },
        {
          heading: 'EndpointSlice',
          text: '`apiVersion: discovery.k8s.io/v1`',
          options: ofObject(endpointSliceSchema),
        },
      ],
    },
    'oauth-client-credentials': {
      title: 'oAuthClientCredentials',
      text: `The options of the middleware, in both formats of routes. ${names}

Every string may be a reference to a value: \`urn:k8s:secret:NAME:KEY\` (a \`Secret\` in the middleware's namespace), \`urn:env:VARIABLE\` or \`urn:file:PATH\`. A Middleware of a cluster can use local references (\`urn:env:\`, \`urn:file:\`) only when \`allowLocalReferences\` lists them. If a reference is missing or not allowed, the middleware refuses requests with \`middleware_unavailable\`.`,
      sections: [{ heading: '', text: '', options: listOptions(configurationSchemas.middleware()) }],
    },
  };
}

export function formatOptionsPage({ title, text, sections }: OptionsPage): string {
  const parts = sections.map(({ heading, text: words, options }) =>
    [
      heading === '' ? '' : `## ${heading}\n\n`,
      words === '' ? '' : `${words}\n\n`,
      formatOptions(options),
    ].join(''),
  );
  return `# ${title}\n\n${text}\n\n${parts.join('\n')}`;
}

/** The page about refusals and start errors. */
export function formatErrorsPage(): string {
  const decisionRows = (Object.keys(refusals) as RefusalCode[]).map((code) => {
    const { status, title, challenge, retryAfterSeconds } = refusals[code];
    const usual = retryAfterSeconds === undefined ? '' : `\`Retry-After: ${retryAfterSeconds}\``;
    const retryAfter =
      code === 'authorization_server_unavailable' ? `${usual}, or the value from that server` : usual;
    return formatRow({ code, status, title, meaning: refusalMeanings[code] }, [
      challenge === undefined ? '' : `\`WWW-Authenticate: ${challenge}\``,
      retryAfter,
    ]);
  });
  const gatewayRows = (Object.keys(gatewayRefusals) as GatewayRefusalCode[]).map((code) => {
    const { status, title, retryAfterSeconds } = gatewayRefusals[code];
    return formatRow({ code, status, title, meaning: refusalMeanings[code] }, [
      retryAfterSeconds === undefined ? '' : `\`Retry-After: ${retryAfterSeconds}\``,
    ]);
  });
  const kindRefusals = kinds.flatMap((kind) => (kind.members === undefined ? (kind.refusals ?? []) : []));
  // Several kinds may share a refusal.
  const kindRows = [...new Set(kindRefusals)].map(({ refusal, meaning }) => {
    const { code, status, title, challenge, retryAfterSeconds } = refusal;
    const sent = [
      challenge === undefined ? '' : '`WWW-Authenticate`',
      retryAfterSeconds === undefined ? '' : '`Retry-After`',
    ];
    return formatRow({ code, status, title, meaning }, sent);
  });
  const startRows = Object.entries(startErrorMeanings).map(
    ([code, meaning]) => `| \`${code}\` | ${meaning} |\n`,
  );
  const thrownRows = Object.entries(thrownErrorMeanings).map(
    ([code, { error, when }]) => `| \`${code}\` | \`${error}\` | ${when} |\n`,
  );
  const head = '| code | status | title | headers | when |\n| --- | --- | --- | --- | --- |\n';
  return `# Errors

## Refusals

A refusal is \`application/problem+json\` (RFC 9457) with \`type\` (\`urn:grantgate:problem:CODE\`), \`title\`, \`status\`, \`detail\`, \`code\` and
\`requestId\`; the request ID is in the access log too. It never contains a secret, a token, or the response of the authorization server.

### Of the middleware

${head}${decisionRows.join('')}
### Of other middlewares

${head}${kindRows.join('')}
### Of the gateway

${head}${gatewayRows.join('')}
## In an application

\`@grantgate/middleware\` throws these errors and no others; match on \`code\`. A \`TokenError\` explains why an outgoing call has no token; it
has \`retryAfterSeconds\` when the authorization server sent it.

| code | error | when |
| --- | --- | --- |
${thrownRows.join('')}
## Start

\`grantgate serve\` prints one of these and exits with 1 when it cannot start.

| code | when |
| --- | --- |
${startRows.join('')}`;
}

function formatRow(
  row: {
    readonly code: string;
    readonly status: number;
    readonly title: string;
    readonly meaning: string;
  },
  headers: readonly string[],
): string {
  const sent = headers.filter((header) => header !== '').join(', ');
  return `| \`${row.code}\` | ${row.status} | ${row.title} | ${sent} | ${row.meaning} |\n`;
}
