import { createHash } from 'node:crypto';
import type { MiddlewareConfig } from '../../config/dynamic.ts';
import type { Path } from '../../config/path.ts';
import type { Problem } from '../../config/place.ts';
import type { ReferenceLookUp, SharedSources } from '../../secrets/resolve.ts';
import { resolveReferences } from '../../secrets/resolve.ts';
import { createOptionProblem } from '../read-options.ts';
import { parseUsers, type Users } from './users.ts';

/** Sources of a middleware's users; empty for omitted ones. */
export interface UserSources {
  readonly users: readonly string[];
  readonly usersFile: string;
  /** Name of a Kubernetes Secret. */
  readonly secret: string;
}

export interface UserLists {
  readonly users: Users;
  readonly problems: readonly Problem[];
  /** The source, read again when it changes. */
  readonly lookUps: readonly ReferenceLookUp[];
}

/** Reads all lists of users; as in Traefik, `users` precede `usersFile`. @param pathOf returns the path of an option as written. */
export function readUsers(
  { users, usersFile, secret }: UserSources,
  config: MiddlewareConfig,
  sources: SharedSources,
  pathOf: (path: readonly PropertyKey[]) => Path,
): UserLists {
  const problems: Problem[] = [];
  const lookUps: ReferenceLookUp[] = [];
  const all = new Map<string, string>();
  const report = (path: Path, severity: Problem['severity'], code: string, message: string): void =>
    void problems.push(createOptionProblem(config, path, { severity, code, message }));
  const add = (text: string, path: Path, name: string): void => {
    const parsed = parseUsers(text);
    for (const [user, hash] of parsed.users) all.set(user, hash);
    for (const { severity, line, message } of parsed.faults)
      report(path, severity, 'invalid_value', name === '' ? message : `${name}:${line}: ${message}`);
  };
  const resolve = (reference: string, path: Path): string | undefined => {
    const { namespace, localReferences } = config;
    const found = resolveReferences([reference], { ...sources, namespace, localReferences });
    lookUps.push(...found.lookUps);
    for (const { severity, code, message } of found.problems) report(path, severity, code, message);
    return found.problems.length === 0 ? String((found.value as readonly unknown[])[0]) : undefined;
  };
  if (usersFile !== '') {
    const path = pathOf(['usersFile']);
    const text = resolve(`urn:file:${usersFile}`, path);
    if (text !== undefined) add(text, path, usersFile);
  }
  if (secret !== '') {
    const path = pathOf(['secret']);
    const read = readSecret(secret, config, sources, (key) =>
      resolve(`urn:k8s:secret:${secret}:${key}`, path),
    );
    if (read.fault !== undefined) report(path, 'error', 'invalid_value', read.fault);
    if (read.text !== undefined) add(read.text, path, `Secret ${secret}`);
  }
  users.forEach((text, index) => add(text, pathOf(['users', index]), ''));
  return { users: all, problems, lookUps };
}

/** A single key with lines, or `username` and `password` as in Secrets of the type `kubernetes.io/basic-auth`. */
function readSecret(
  name: string,
  { namespace }: MiddlewareConfig,
  { secrets }: SharedSources,
  valueOf: (key: string) => string | undefined,
): { readonly text?: string | undefined; readonly fault?: string } {
  if (namespace === undefined) return { fault: 'secret is for Kubernetes: use users or usersFile' };
  const keys = [...(secrets.get(`${namespace}/${name}`)?.keys() ?? ['users'])];
  // All keys are looked up, so that the Secret is read again when any of them changes.
  const values = new Map(keys.map((key) => [key, valueOf(key)]));
  const [username, password] = [values.get('username'), values.get('password')];
  if (username !== undefined && password !== undefined)
    return { text: `${username.trim()}:{SHA}${createHash('sha1').update(password).digest('base64')}` };
  if (keys.length !== 1)
    return {
      fault: `the Secret ${namespace}/${name} has ${keys.length} keys: expected one, or username and password`,
    };
  return { text: values.get(keys[0] ?? '') };
}
