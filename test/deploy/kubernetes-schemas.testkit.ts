import type { ValidateFunction } from 'ajv';
import { Ajv } from 'ajv';
import type { Manifest } from './manifests.testkit.ts';
import { readText } from './manifests.testkit.ts';

interface SchemaDefinition {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly 'x-kubernetes-group-version-kind'?: readonly {
    readonly group: string;
    readonly version: string;
    readonly kind: string;
  }[];
}

const scalars: Readonly<Record<string, object>> = {
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': { type: ['integer', 'string'] },
  'io.k8s.apimachinery.pkg.api.resource.Quantity': { type: ['number', 'string'] },
};

/** Errors of the published schemas of Kubernetes for an object; an unknown field is an error too. */
export function createKubernetesValidator(): (object: Manifest) => readonly string[] {
  const { definitions } = JSON.parse(readText('test/deploy/testdata/kubernetes-1.34.json')) as {
    readonly definitions: Readonly<Record<string, SchemaDefinition>>;
  };
  const strict = Object.fromEntries(
    Object.entries(definitions).map(([name, definition]) => [
      name,
      scalars[name] ??
        (definition.properties === undefined ? definition : { ...definition, additionalProperties: false }),
    ]),
  );
  const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'kubernetes', definitions: strict });
  const validators = new Map<string, ValidateFunction>();
  for (const [name, definition] of Object.entries(definitions))
    for (const { group, version, kind } of definition['x-kubernetes-group-version-kind'] ?? [])
      validators.set(
        `${group === '' ? '' : `${group}/`}${version} ${kind}`,
        ajv.compile({ $ref: `kubernetes#/definitions/${name}` }),
      );
  return (object) => {
    const validate = validators.get(`${object.apiVersion} ${object.kind}`);
    if (validate === undefined) return [`no schema of ${object.apiVersion} ${object.kind}`];
    validate(object);
    return (validate.errors ?? []).map(
      ({ instancePath, message = '', params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  };
}
