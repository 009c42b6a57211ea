import type { PemSource } from '../../../config/dynamic.ts';
import { createProblem, errorsOf } from '../../../config/problem.ts';
import { readObject } from '../../../config/read.ts';
import type { LookUp } from '../../../reload/derive.ts';
import type { Draft } from '../draft.ts';
import { addEntry, noteObject } from '../draft.ts';
import { findInsecurity, toTransport, transportNames } from '../servers-transport.ts';
import type { ConfigMapLookUps } from './config-maps.ts';
import { toQualifiedName } from './names.ts';
import type { KubernetesObject } from './objects.ts';
import { authorityKeys, toAuthoritySource, toCertificateSource } from './pem-sources.ts';
import { findPruned } from './pruned-fields.ts';
import { serversTransportObjectSchema } from './tls-schemas.ts';

/** Adds a ServersTransport. A missing authority breaks it; Traefik would trust only the others, or those of the system. */
export function addServersTransport(
  draft: Draft,
  object: KubernetesObject,
  lookUp: LookUp<ConfigMapLookUps>,
): void {
  const { namespace, place, source } = object;
  const { document } = source;
  const { value, problems, writtenPath } = readObject(serversTransportObjectSchema, source, transportNames);
  const found = [...problems, ...findPruned(object)];
  const { rootCAs = [], rootCAsSecrets = [], certificatesSecrets = [], ...written } = value.spec ?? {};
  const transport = toTransport(written);
  // As in Traefik, a Secret with a single key may use any name for it.
  const authorities = rootCAs.flatMap(({ secret, configMap }, index): PemSource | readonly [] => {
    if (secret !== undefined) return toAuthoritySource(namespace, secret, true);
    const id = `${namespace}/${configMap ?? ''}`;
    const values = lookUp('configMaps', id);
    const text = authorityKeys.map((key) => values?.get(key)).find((one) => one !== undefined);
    if (text !== undefined) return { kind: 'text', text };
    const fault =
      values === undefined
        ? `the ConfigMap ${id} is missing or cannot be read`
        : `the ConfigMap ${id} has no key ${authorityKeys.join(' or ')}`;
    found.push(
      createProblem(document, writtenPath(['spec', 'rootCAs', index, 'configMap']), {
        code: 'missing_reference',
        message: fault,
      }),
    );
    return [];
  });
  draft.problems.push(
    ...found,
    ...findInsecurity(transport, { document, path: writtenPath(['spec', 'insecureSkipVerify']) }),
  );
  const name = toQualifiedName(namespace, object.name);
  noteObject(draft, 'serversTransports', name, `${namespace}/${object.name}`);
  addEntry(draft, draft.serversTransports, {
    ...transport,
    rootCAs: [...rootCAsSecrets.map((secret) => toAuthoritySource(namespace, secret, true)), ...authorities],
    certificates: certificatesSecrets.map((secret) => toCertificateSource(namespace, secret)),
    name,
    place,
    errors: errorsOf(found),
  });
}
