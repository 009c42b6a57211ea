import { configurationSchemas } from './configuration-schemas.ts';
import type { Io } from './io.ts';
import type { SchemaName } from './schema-names.ts';

/** `grantgate schema` */
export function runSchema(name: SchemaName, io: Io): number {
  io.stdout.write(`${JSON.stringify(configurationSchemas[name](), null, 2)}\n`);
  return 0;
}
