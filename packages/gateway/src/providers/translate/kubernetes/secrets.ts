import { readObject } from '../../../config/read.ts';
import { createProblem } from '../../../config/problem.ts';
import type { Draft } from '../draft.ts';
import type { KubernetesObject } from './objects.ts';
import { secretSchema } from './schemas.ts';

/** Adds the keys and values of each `Secret`; of two with one name neither is used. */
export function addSecrets(draft: Draft, objects: readonly KubernetesObject[]): void {
  const places = new Map<string, KubernetesObject>();
  for (const object of objects) {
    const id = `${object.namespace}/${object.name}`;
    const first = places.get(id);
    if (first === undefined) {
      places.set(id, object);
      draft.secrets.set(id, readSecret(draft, object));
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

function readSecret(draft: Draft, { source }: KubernetesObject): ReadonlyMap<string, string> {
  const { value, problems, writtenPath } = readObject(secretSchema, source);
  draft.problems.push(...problems);
  const values = new Map<string, string>();
  const add = (field: 'data' | 'stringData', read: (text: string) => string | Fault): void => {
    for (const [key, written] of Object.entries(value[field] ?? {})) {
      const text = typeof written === 'string' ? read(written) : notText;
      if (typeof text === 'string') values.set(key, text);
      else
        draft.problems.push(
          createProblem(source.document, writtenPath([field, key]), { code: 'invalid_value', ...text }),
        );
    }
  };
  add('data', decode);
  add('stringData', (text) => text);
  return values;
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
