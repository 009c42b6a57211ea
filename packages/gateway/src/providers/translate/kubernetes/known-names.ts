import type { z } from 'zod';
import { otherIngressRouteNames, unsupportedTraefikServiceNames } from '../other-names.ts';
import { ingressRouteSchema, memberSchema, routeSchema, traefikServiceSchema } from './schemas.ts';
import { serversTransportObjectSchema, tlsOptionSchema, tlsStoreSchema } from './tls-schemas.ts';

/** All field names of an object, here or in Traefik, by kind. Fields with other names are kept only if the API server knows them. */
export const knownNames: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    IngressRoute: [...namesOf(ingressRouteSchema), ...namesOf(routeSchema), ...otherIngressRouteNames],
    TLSOption: [...namesOf(tlsOptionSchema), 'preferServerCipherSuites'],
    TLSStore: [...namesOf(tlsStoreSchema), 'defaultGeneratedCert', 'resolver', 'domain', 'main', 'sans'],
    ServersTransport: [
      ...namesOf(serversTransportObjectSchema),
      ...['spiffe', 'ids', 'trustDomain', 'cipherSuites', 'minVersion', 'maxVersion'],
    ],
    TraefikService: [
      ...namesOf(traefikServiceSchema),
      ...namesOf(memberSchema),
      ...otherIngressRouteNames,
      ...unsupportedTraefikServiceNames,
      ...['mirrors', 'mirrorBody', 'maxBodySize', 'percent', 'service', 'fallback', 'errors', 'status'],
    ],
  }).map(([kind, names]) => [kind, new Set(names)]),
);

function namesOf(schema: z.core.$ZodType): readonly string[] {
  const { def } = schema._zod as { readonly def: z.core.$ZodTypeDef & Partial<SchemaInternals> };
  return [
    ...Object.entries(def.shape ?? {}).flatMap(([name, inner]) => [name, ...namesOf(inner)]),
    ...[def.element, def.innerType, ...(def.options ?? [])].flatMap((inner) =>
      inner === undefined ? [] : namesOf(inner),
    ),
  ];
}

/** Internals of schema definitions, by their kinds. */
interface SchemaInternals {
  readonly shape: Readonly<Record<string, z.core.$ZodType>>;
  readonly element: z.core.$ZodType;
  readonly innerType: z.core.$ZodType;
  readonly options: readonly z.core.$ZodType[];
}
