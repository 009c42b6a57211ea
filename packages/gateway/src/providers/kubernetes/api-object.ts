import { isMapping, valueAt } from '../../config/path.ts';

/** An object from the API server, with the fields common to all objects. */
export interface ApiObject {
  readonly metadata: {
    readonly name: string;
    /** Empty for a cluster-scoped object. */
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion: string;
    /** Generation of its `spec`; 0: none. */
    readonly generation: number;
  };
  /** The whole object. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** Undefined for anything other than an object. */
export function toApiObject(raw: unknown): ApiObject | undefined {
  const at = (name: string): string => {
    const value = valueAt(raw, ['metadata', name]);
    return typeof value === 'string' ? value : '';
  };
  if (!isMapping(raw) || at('name') === '') return undefined;
  const generation = valueAt(raw, ['metadata', 'generation']);
  const metadata = {
    name: at('name'),
    namespace: at('namespace'),
    uid: at('uid'),
    resourceVersion: at('resourceVersion'),
    generation: typeof generation === 'number' ? generation : 0,
  };
  return { metadata, raw };
}

/** `namespace/name` */
export const keyOf = ({ metadata: { namespace, name } }: ApiObject): string => `${namespace}/${name}`;
