import { isMapping, valueAt } from '../../config/path.ts';

/** An object as the API server gives it, with what every object has. */
export interface ApiObject {
  readonly metadata: {
    readonly name: string;
    /** Empty for an object of the whole cluster. */
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion: string;
    /** Number of its `spec`; 0: none. */
    readonly generation: number;
  };
  /** All of it. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** Undefined for anything that is no object. */
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
