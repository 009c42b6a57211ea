import { clientCredentialsSchema } from '@grantgate/middleware/options/schema';
import { installSchema } from '../config/install-schema.ts';
import type { JsonSchema } from '../config/json-schema.ts';
import { toJsonSchema } from '../config/json-schema.ts';
import { routesSchema } from '../providers/translate/routes-schema.ts';
import type { SchemaName } from './schema-names.ts';

/** JSON Schemas of the configuration, derived from the schemas that validate it. */
export const configurationSchemas: Readonly<Record<SchemaName, () => JsonSchema>> = {
  install: () =>
    toJsonSchema(installSchema, {
      title: 'grantgate.yaml',
      description: 'The install configuration of grantgate.',
    }),
  routes: () =>
    toJsonSchema(routesSchema, {
      title: 'Routes',
      description: "A file of Traefik's dynamic configuration that grantgate serves.",
    }),
  middleware: () =>
    toJsonSchema(clientCredentialsSchema, {
      title: 'oAuthClientCredentials',
      description: 'The options of the middleware oAuthClientCredentials.',
    }),
};
