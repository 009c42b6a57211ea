import { readObject } from '../../../config/read.ts';
import { createMapAgain } from '../../../reload/derive.ts';
import { keepMap } from '../../../reload/list-changes.ts';
import type { KubernetesObject } from './objects.ts';
import { configMapSchema } from './schemas.ts';

/** Texts of ConfigMaps by key, by `namespace/name`. */
export type ConfigMaps = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Look-ups of an object that refers to ConfigMaps. A `type`, because look-ups need an index signature. */
export type ConfigMapLookUps = { readonly configMaps: ConfigMaps };

/** Reads each `ConfigMap` once; unchanged ConfigMaps yield the same map. If two have the same name, neither is used. */
export function createReadConfigMaps(): (objects: readonly KubernetesObject[]) => ConfigMaps {
  const readEach = createMapAgain(readConfigMap);
  let before: ConfigMaps | undefined;
  return (objects) => {
    const now = new Map<string, ReadonlyMap<string, string>>();
    const twice = new Set<string>();
    for (const { id, values } of readEach(objects)) {
      if (now.has(id)) twice.add(id);
      now.set(id, values);
    }
    for (const id of twice) now.delete(id);
    before = keepMap(before, now);
    return before;
  };
}

function readConfigMap({ namespace, name, source }: KubernetesObject) {
  const { value } = readObject(configMapSchema, source);
  const values = new Map(
    Object.entries(value.data ?? {}).flatMap(([key, text]) =>
      typeof text === 'string' ? [[key, text] as const] : [],
    ),
  );
  return { id: `${namespace}/${name}`, values };
}
