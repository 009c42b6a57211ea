import { nearestName } from '@grantgate/middleware/base/names';
import type { Document } from '../../config/document.ts';
import { isInstallDocument, isRoutesDocument } from '../../config/file-kind.ts';
import { isMapping } from '../../config/path.ts';

/** Names at the top of routes, in either format. */
const routesNames = ['http', 'tcp', 'udp', 'tls', 'apiVersion', 'kind'];
const composeNames: ReadonlySet<string> = new Set([
  'services', 'version', 'name', 'networks', 'volumes', 'secrets', 'configs', 'include',
]); // prettier-ignore

/** A file in a directory that contains no routes. */
export interface ForeignFile {
  readonly reason: string;
  readonly documents: readonly Document[];
}

/**
 * Reason why a file in a directory contains no routes and is skipped: an install configuration, a file of Docker Compose, or other
 * JSON, such as `acme.json`. Undefined for any other file; a name that resembles a route option is treated as misspelt.
 */
export function describePassedOver(file: string, documents: readonly Document[]): string | undefined {
  const isJson = file.toLowerCase().endsWith('.json');
  const all = (test: (value: unknown) => boolean): boolean => documents.every(({ value }) => test(value));
  if (documents.length === 0) return isJson ? 'contains no routes: skipped' : undefined;
  if (all(isInstallDocument)) return 'is an install configuration: skipped; to use it, pass it with --config';
  if (all(isCompose)) return 'is a Docker Compose file: skipped';
  if (isJson && all((value) => !isRoutesDocument(value) && !isMisspelt(value)))
    return 'contains no routes: skipped';
  return undefined;
}

const isCompose = (value: unknown): boolean =>
  isMapping(value) &&
  isMapping(value['services']) &&
  Object.values(value['services']).every(
    (service) =>
      isMapping(service) && ['image', 'build', 'extends'].some((name) => Object.hasOwn(service, name)),
  ) &&
  Object.keys(value).every((name) => composeNames.has(name) || name.startsWith('x-'));

const isMisspelt = (value: unknown): boolean =>
  isMapping(value) && Object.keys(value).some((name) => nearestName(name, routesNames) !== undefined);
