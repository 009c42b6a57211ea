import { createProblem, errorsOf } from '../../../config/problem.ts';
import type { Problem } from '../../../config/place.ts';
import type { OtherNames } from '../../../config/read.ts';
import { readObject } from '../../../config/read.ts';
import type { Draft } from '../draft.ts';
import { addEntry, noteObject } from '../draft.ts';
import { toTlsOptions } from '../tls-options.ts';
import { optionsNames } from '../tls-section.ts';
import { defaultTlsName, toQualifiedName } from './names.ts';
import type { KubernetesObject } from './objects.ts';
import { originOf } from './objects.ts';
import { toAuthoritySource, toCertificateSource } from './pem-sources.ts';
import { findPruned } from './pruned-fields.ts';
import { tlsOptionSchema, tlsStoreSchema } from './tls-schemas.ts';

const storeNames: OtherNames = {
  ignored: { defaultGeneratedCert: 'certificates are not requested from an authority (ACME)' },
};

/** Adds a TLSOption. As in Traefik, one called `default` applies wherever no other is named, in any namespace. */
export function addTlsOption(draft: Draft, object: KubernetesObject): void {
  const { namespace, place, source } = object;
  const { document } = source;
  if (isElsewhere(draft, object)) return;
  const read = readObject(tlsOptionSchema, source, optionsNames);
  const { clientAuth, ...written } = read.value.spec ?? {};
  const spec = { document, path: read.writtenPath(['spec']) };
  const { config, problems } = toTlsOptions(written, {
    caSources: (clientAuth?.secretNames ?? []).map((name) => toAuthoritySource(namespace, name)),
    clientAuthType: clientAuth?.clientAuthType,
    source: spec,
    writtenPath: (path) => read.writtenPath(['spec', ...path]),
  });
  const found = [...read.problems, ...problems, ...findPruned(object)];
  draft.problems.push(...found);
  const isDefault = object.name === defaultTlsName;
  const name = isDefault ? defaultTlsName : toQualifiedName(namespace, object.name);
  noteObject(draft, 'tlsOptions', name, `${namespace}/${object.name}`);
  addEntry(draft, draft.tlsOptions, { ...config, name, place, errors: errorsOf(found) });
}

/** Adds the certificates of a TLSStore called `default`: as in Traefik, other stores are not used. */
export function addTlsStore(draft: Draft, object: KubernetesObject): void {
  const { namespace, name, place, source } = object;
  if (name !== defaultTlsName) {
    draft.problems.push(
      toIgnored(
        object,
        `the store ${name} is not used: as in Traefik, certificates are taken from the store default`,
      ),
    );
    return;
  }
  if (isElsewhere(draft, object)) return;
  const { value, problems, writtenPath } = readObject(tlsStoreSchema, source, storeNames);
  const found = [...problems, ...findPruned(object)];
  draft.problems.push(...found);
  const { defaultCertificate, certificates = [] } = value.spec ?? {};
  for (const [index, { secretName }] of certificates.entries())
    draft.certificates.push({
      ...toCertificateSource(namespace, secretName),
      name: '',
      place: source.document.placeOf(writtenPath(['spec', 'certificates', index])),
      errors: [],
    });
  addEntry(draft, draft.stores, {
    name,
    place,
    errors: errorsOf(found),
    defaultCertificate: defaultCertificate && toCertificateSource(namespace, defaultCertificate.secretName),
  });
}

/** An object called `default` affects every namespace, so an operator may determine which one is used. */
function isElsewhere(draft: Draft, object: KubernetesObject): boolean {
  const { kind, namespace, name, source } = object;
  const { defaultTlsNamespace } = originOf(source);
  if (name !== defaultTlsName || defaultTlsNamespace === '' || defaultTlsNamespace === namespace)
    return false;
  draft.problems.push(
    toIgnored(
      object,
      `the ${kind} ${namespace}/${name} is not used: defaultTLSResourcesNamespace is ${defaultTlsNamespace}`,
    ),
  );
  return true;
}

const toIgnored = ({ source: { document, path } }: KubernetesObject, message: string): Problem =>
  createProblem(document, [...path, 'metadata', 'name'], {
    severity: 'warning',
    code: 'ignored_option',
    message,
  });
