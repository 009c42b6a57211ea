import { isMapping, valueAt } from '../../config/path.ts';

/** An object as the API server gives it, with what every object has. */
export interface ApiObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion: string;
  };
  /** All of it. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** Undefined for anything that is no object of a namespace. */
export function toApiObject(raw: unknown): ApiObject | undefined {
  const at = (name: string): string => {
    const value = valueAt(raw, ['metadata', name]);
    return typeof value === 'string' ? value : '';
  };
  if (!isMapping(raw) || at('name') === '' || at('namespace') === '') return undefined;
  const metadata = {
    name: at('name'),
    namespace: at('namespace'),
    uid: at('uid'),
    resourceVersion: at('resourceVersion'),
  };
  return { metadata, raw };
}

/** `namespace/name` */
export const keyOf = ({ metadata: { namespace, name } }: ApiObject): string => `${namespace}/${name}`;
