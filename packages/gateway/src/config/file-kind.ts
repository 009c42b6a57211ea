import type { Document } from './document.ts';
import { installSchema } from './install-schema.ts';
import { isMapping } from './path.ts';
import { unservedOptions } from './unserved-options.ts';

/** Whether a document is an install configuration and not a file of routes, by its top-level names. */
export function isInstallDocument(value: unknown): boolean {
  return hasName(value, installNames) && !isRoutesDocument(value);
}

/** Whether a document contains routes (Traefik's dynamic configuration or Kubernetes) and no part of an install configuration. */
export function isRoutesDocument(value: unknown): boolean {
  return (
    !hasName(value, installNames) &&
    (hasName(value, routesNames) || (isMapping(value) && 'apiVersion' in value && 'kind' in value))
  );
}

/** Whether a document has both routes and an install configuration, as files that name themselves in `providers.file` do. */
export const isMixedDocument = (value: unknown): boolean =>
  hasName(value, installNames) && hasName(value, routesNames);

/** The routes of such a document. As in Traefik, each reader uses the names that it knows. */
export function toRoutesDocument(document: Document): Document {
  if (!isMixedDocument(document.value)) return document;
  const value = Object.entries(document.value as object).filter(([name]) =>
    routesNames.has(name.toLowerCase()),
  );
  return { ...document, value: Object.fromEntries(value) };
}

const installNames: ReadonlySet<string> = new Set(
  [...Object.keys(installSchema.shape), ...unservedOptions.map(({ path }) => path)]
    .filter((path) => !path.includes('.'))
    .map((name) => name.toLowerCase()),
);
/** Names at the top of Traefik's dynamic configuration, in lower case. */
export const routesNames: ReadonlySet<string> = new Set(['http', 'tcp', 'udp', 'tls']);

const hasName = (value: unknown, names: ReadonlySet<string>): boolean =>
  isMapping(value) && Object.keys(value).some((name) => names.has(name.toLowerCase()));
