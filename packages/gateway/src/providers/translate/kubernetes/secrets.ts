import { readObject } from '../../../config/read.ts';
import { createProblem } from '../../../config/problem.ts';
import type { Problem } from '../../../config/place.ts';
import type { Draft } from '../draft.ts';
import type { KubernetesObject } from './objects.ts';
import { secretSchema } from './schemas.ts';

/** Adds the keys and values of each `Secret`, which is read once; of two with one name neither is used. */
export function createAddSecrets(): (draft: Draft, objects: readonly KubernetesObject[]) => void {
  const secrets = new WeakMap<KubernetesObject, ReadSecret>();
  const read = (object: KubernetesObject): ReadSecret => {
    let secret = secrets.get(object);
    if (secret === undefined) secrets.set(object, (secret = readSecret(object)));
    return secret;
  };
  return (draft, objects) => addSecrets(draft, objects, read);
}

interface ReadSecret {
  readonly values: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}

function addSecrets(
  draft: Draft,
  objects: readonly KubernetesObject[],
  read: (object: KubernetesObject) => ReadSecret,
): void {
  const places = new Map<string, KubernetesObject>();
  for (const object of objects) {
    const id = `${object.namespace}/${object.name}`;
    const first = places.get(id);
    if (first === undefined) {
      places.set(id, object);
      const { values, problems } = read(object);
      draft.problems.push(...problems);
      draft.secrets.set(id, values);
      continue;
    }
    const { file, line, column } = first.place;
    draft.secrets.delete(id);
    draft.problems.push({
      severity: 'error',
      place: object.place,
      code: 'duplicate_name',
      path: 'metadata.name',
      message: `the Secret ${id} is defined already at ${file}:${line}:${column}: neither is used`,
    });
  }
}

function readSecret({ source }: KubernetesObject): ReadSecret {
  const { value, problems: found, writtenPath } = readObject(secretSchema, source);
  const problems = [...found];
  const values = new Map<string, string>();
  const add = (field: 'data' | 'stringData', read: (text: string) => string | Fault): void => {
    for (const [key, written] of Object.entries(value[field] ?? {})) {
      const text = typeof written === 'string' ? read(written) : notText;
      if (typeof text === 'string') values.set(key, text);
      else
        problems.push(
          createProblem(source.document, writtenPath([field, key]), { code: 'invalid_value', ...text }),
        );
    }
  };
  add('data', decode);
  add('stringData', (text) => text);
  return { values, problems };
}

interface Fault {
  readonly message: string;
  readonly severity: 'error' | 'warning';
}

const notText: Fault = Object.freeze({ message: 'expected string', severity: 'error' });

function decode(encoded: string): string | Fault {
  // As the API server: line breaks are no part of it.
  const text = encoded.replace(/[\r\n]/g, '');
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text)
    return { message: 'expected base64 with padding', severity: 'error' };
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { message: 'is not UTF-8 text and is left out', severity: 'warning' };
  }
}
