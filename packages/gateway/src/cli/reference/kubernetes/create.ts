import { stringify } from 'yaml';
import { createAdmissionPolicies } from './admission-policies.ts';
import { createCustomResources } from './custom-resources.ts';

/** The manifests that say what the API server shall accept, by path within `deploy`; the Helm chart has copies of its own. */
export function createManifests(): ReadonlyMap<string, string> {
  const manifests = new Map<string, string>();
  for (const [name, definition] of Object.entries(createCustomResources())) {
    const text = toYaml([definition]);
    manifests.set(`kubernetes/crds/${name}.yaml`, text);
    manifests.set(`helm/grantgate/crds/${name}.yaml`, text);
  }
  for (const [name, policy] of Object.entries(createAdmissionPolicies())) {
    const text = toYaml(policy);
    manifests.set(`kubernetes/admission/${name}.yaml`, text);
    manifests.set(`helm/grantgate/admission/${name}.yaml`, text);
  }
  return manifests;
}

function toYaml(objects: readonly object[]): string {
  const note = '# Made by `make reference`: change the schemas, not this file.\n';
  return `${note}${objects.map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n')}`;
}
