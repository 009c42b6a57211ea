import { readObject } from '../../../config/read.ts';
import { createProblem } from '../../../config/problem.ts';
import type { Place, Problem } from '../../../config/place.ts';
import { createMapAgain } from '../../../reload/derive.ts';
import type { KubernetesObject } from './objects.ts';
import { secretSchema } from './schemas.ts';

/** All Secrets of a configuration. */
export interface Secrets {
  /** Keys and values, by `namespace/name`; if two have the same name, neither is used. */
  readonly values: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly problems: readonly Problem[];
}

/** Reads each `Secret` once; unchanged Secrets yield the same result. */
export function createReadSecrets(): (objects: readonly KubernetesObject[]) => Secrets {
  const readEach = createMapAgain(readSecret);
  let read: readonly ReadSecret[] = [];
  let secrets = collect(read);
  return (objects) => {
    const now = readEach(objects);
    if (now !== read) secrets = collect(now);
    read = now;
    return secrets;
  };
}

interface ReadSecret {
  readonly id: string;
  readonly place: Place;
  readonly values: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}

function collect(read: readonly ReadSecret[]): Secrets {
  const values = new Map<string, ReadonlyMap<string, string>>();
  const problems: Problem[] = [];
  const places = new Map<string, Place>();
  for (const secret of read) {
    const { id, place } = secret;
    const first = places.get(id);
    if (first === undefined) {
      places.set(id, place);
      problems.push(...secret.problems);
      values.set(id, secret.values);
      continue;
    }
    values.delete(id);
    problems.push({
      severity: 'error',
      place,
      code: 'duplicate_name',
      path: 'metadata.name',
      message: `the Secret ${id} is already defined at ${first.file}:${first.line}:${first.column}: neither is used`,
    });
  }
  return { values, problems };
}

function readSecret({ namespace, name, place, source }: KubernetesObject): ReadSecret {
  const { value, problems: found, writtenPath } = readObject(secretSchema, source);
  const problems = [...found];
  const values = new Map<string, string>();
  const add = (field: 'data' | 'stringData', read: (text: string) => string | SecretFault): void => {
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
  return { id: `${namespace}/${name}`, place, values, problems };
}

interface SecretFault {
  readonly message: string;
  readonly severity: 'error' | 'warning';
}

const notText: SecretFault = Object.freeze({ message: 'expected string', severity: 'error' });

function decode(encoded: string): string | SecretFault {
  // As in the API server, line breaks are ignored.
  const text = encoded.replace(/[\r\n]/g, '');
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text)
    return { message: 'expected base64 with padding', severity: 'error' };
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { message: 'is not UTF-8 text and is ignored', severity: 'warning' };
  }
}
