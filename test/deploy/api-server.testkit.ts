import { Ajv } from 'ajv';
import { evaluate } from '@marcbachmann/cel-js';
import type { StructuralSchema } from '../../packages/gateway/src/config/structural-schema.ts';
import type { Manifest } from './manifests.testkit.ts';

/** Checks of an API server for an object: its definition, with CEL rules, and admission policies. */
export interface ApiServer {
  /** Its errors for an object; empty when it accepts the object. */
  refusals(object: Manifest): readonly string[];
}

interface ResourceDefinition extends Manifest {
  readonly spec: {
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: StructuralSchema } }[];
  };
}

interface AdmissionPolicy extends Manifest {
  readonly spec: {
    readonly matchConstraints: {
      readonly resourceRules: readonly { readonly resources: readonly string[] }[];
    };
    readonly matchConditions: readonly { readonly expression: string }[];
    readonly variables: readonly { readonly name: string; readonly expression: string }[];
    readonly validations: readonly {
      readonly expression: string;
      readonly message: string;
      readonly messageExpression?: string;
    }[];
  };
}

export const schemaOf = (definition: Manifest): StructuralSchema =>
  (definition as ResourceDefinition).spec.versions[0]!.schema.openAPIV3Schema;

export function createApiServer(
  definitions: readonly Manifest[],
  policies: readonly Manifest[] = [],
): ApiServer {
  const ajv = new Ajv({ allErrors: true, strict: false });
  const kinds = new Map(
    definitions.map((definition) => {
      const schema = schemaOf(definition);
      return [
        (definition as ResourceDefinition).spec.names.kind,
        { schema, validate: ajv.compile(toDraft7(schema) as object) },
      ];
    }),
  );
  return {
    refusals(object) {
      const { schema, validate } = kinds.get(object.kind)!;
      validate(object);
      const errors = (validate.errors ?? []).map(
        ({ instancePath, message = '', params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
      );
      // The rules see only fields of the schema.
      if (errors.length > 0) return errors;
      return [
        ...checkRules(schema, object),
        ...policies.flatMap((policy) => judge(policy as AdmissionPolicy, object)),
      ];
    },
  };
}

function judge({ spec }: AdmissionPolicy, object: Manifest): readonly string[] {
  if (spec.matchConstraints.resourceRules[0]!.resources[0] !== `${object.kind.toLowerCase()}s`) return [];
  if (!spec.matchConditions.every(({ expression }) => evaluate(expression, { object }) === true)) return [];
  const variables = Object.fromEntries(
    spec.variables.map(({ name, expression }) => [name, evaluate(expression, { object }) as unknown]),
  );
  const context = { object, variables };
  return spec.validations
    .filter(({ expression }) => evaluate(expression, context) !== true)
    .map(({ message, messageExpression }) =>
      messageExpression === undefined ? message : String(evaluate(messageExpression, context)),
    );
}

function checkRules(schema: StructuralSchema, value: unknown): readonly string[] {
  if (value === undefined) return [];
  const own = (schema['x-kubernetes-validations'] ?? [])
    .filter(({ rule }) => evaluate(rule, { self: value }) !== true)
    .map(({ message }) => message);
  const { properties = {}, items } = schema;
  const fields = value as Readonly<Record<string, unknown>>;
  return [
    ...own,
    ...Object.entries(properties).flatMap(([name, property]) => checkRules(property, fields[name])),
    ...(items === undefined ? [] : (value as unknown[]).flatMap((item) => checkRules(items, item))),
  ];
}

/** Converts a JSON Schema of draft 7 to the dialect of Kubernetes (OpenAPI 3.0). */
function toDraft7(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(toDraft7);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) => [key, toDraft7(value)] as const);
  const result = Object.fromEntries(entries);
  if (result['exclusiveMinimum'] === true) {
    result['exclusiveMinimum'] = result['minimum'];
    delete result['minimum'];
  }
  return result['x-kubernetes-int-or-string'] === true ? { ...result, type: ['integer', 'string'] } : result;
}
