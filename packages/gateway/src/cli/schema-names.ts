/** The parts of the configuration that have a JSON Schema. */
export const schemaNames = ['install', 'routes', 'middleware'] as const;

export type SchemaName = (typeof schemaNames)[number];
