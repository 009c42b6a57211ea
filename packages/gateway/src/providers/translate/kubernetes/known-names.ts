import type { z } from 'zod';
import { otherIngressRouteNames } from '../other-names.ts';
import { ingressRouteSchema, routeSchema } from './schemas.ts';

/** Every name that a field of an IngressRoute may have, here or in Traefik. */
export const knownNames: ReadonlySet<string> = new Set([
  ...namesOf(ingressRouteSchema),
  ...namesOf(routeSchema),
  ...otherIngressRouteNames,
]);

function namesOf(schema: z.core.$ZodType): readonly string[] {
  const { def } = schema._zod as { readonly def: z.core.$ZodTypeDef & Partial<SchemaInternals> };
  return [
    ...Object.entries(def.shape ?? {}).flatMap(([name, inner]) => [name, ...namesOf(inner)]),
    ...[def.element, def.innerType, ...(def.options ?? [])].flatMap((inner) =>
      inner === undefined ? [] : namesOf(inner),
    ),
  ];
}

/** What the definitions of schemas have inside, by their kinds. */
interface SchemaInternals {
  readonly shape: Readonly<Record<string, z.core.$ZodType>>;
  readonly element: z.core.$ZodType;
  readonly innerType: z.core.$ZodType;
  readonly options: readonly z.core.$ZodType[];
}
