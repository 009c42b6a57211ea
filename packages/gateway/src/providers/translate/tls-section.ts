import type { CertificateSource } from '../../config/dynamic.ts';
import { createProblem, errorsOf } from '../../config/problem.ts';
import type { OtherNames, Source } from '../../config/read.ts';
import { readObject } from '../../config/read.ts';
import { toPem } from '../../config/servers-transport-schema.ts';
import type { Draft } from './draft.ts';
import { addEntry } from './draft.ts';
import { toTlsOptions } from './tls-options.ts';
import { storedCertificateSchema, storeSchema, tlsOptionsSchema, tlsSchema } from './tls-schema.ts';

const acme = 'certificates are not requested from an authority (ACME)';
const storeNames: OtherNames = { ignored: { defaultGeneratedCert: acme } };
/** Name of the TLS options for routers that name none, as in Traefik. */
const standard = 'default';

/** Adds the section `tls` of a file. */
export function addTlsSection(draft: Draft, source: Source): void {
  const { document } = source;
  const { value, problems, writtenPath } = readObject(tlsSchema, source);
  draft.problems.push(...problems);
  for (const index of (value.certificates ?? []).keys())
    addCertificate(draft, { document, path: writtenPath(['certificates', index]) });
  for (const name of Object.keys(value.stores ?? {}))
    addStore(draft, name, { document, path: [...writtenPath(['stores']), name] });
  for (const name of Object.keys(value.options ?? {}))
    addOptions(draft, name, { document, path: [...writtenPath(['options']), name] });
}

function addCertificate(draft: Draft, source: Source): void {
  const { document, path } = source;
  const { value, problems, writtenPath } = readObject(storedCertificateSchema, source);
  draft.problems.push(...problems);
  const { certFile, keyFile, stores = [] } = value;
  if (stores.length > 0 && !stores.includes(standard)) {
    draft.problems.push(toUnusedStore({ document, path: writtenPath(['stores']) }, stores.join(', ')));
    return;
  }
  if (certFile === undefined || keyFile === undefined) return;
  draft.certificates.push({
    ...toSource(certFile, keyFile),
    name: '',
    place: document.placeOf(path),
    errors: errorsOf(problems),
  });
}

const toUnusedStore = ({ document, path }: Source, name: string) =>
  createProblem(document, path, {
    severity: 'warning',
    code: 'ignored_option',
    message: `the store ${name} is not used: as in Traefik, certificates are taken from the store default`,
    part: 'key',
  });

function addStore(draft: Draft, name: string, source: Source): void {
  const { document, path } = source;
  if (name !== standard) {
    draft.problems.push(toUnusedStore(source, name));
    return;
  }
  const { value, problems } = readObject(storeSchema, source, storeNames);
  draft.problems.push(...problems);
  const { defaultCertificate: pair } = value;
  addEntry(draft, draft.stores, {
    name,
    place: document.placeOf(path, 'key'),
    errors: errorsOf(problems),
    defaultCertificate: pair && toSource(pair.certFile, pair.keyFile),
  });
}

function addOptions(draft: Draft, name: string, source: Source): void {
  const { document, path } = source;
  const read = readObject(tlsOptionsSchema, source, optionsNames);
  const { clientAuth } = read.value;
  const { config, problems } = toTlsOptions(read.value, {
    caSources: (clientAuth?.caFiles ?? []).map(toPem),
    clientAuthType: clientAuth?.clientAuthType,
    source: { document, path },
    writtenPath: read.writtenPath,
  });
  draft.problems.push(...read.problems, ...problems);
  addEntry(draft, draft.tlsOptions, {
    ...config,
    name: name === standard ? name : `${name}@file`,
    place: document.placeOf(path, 'key'),
    errors: errorsOf([...read.problems, ...problems]),
  });
}

/** TLS options of an object that have no effect. */
export const optionsNames: OtherNames = {
  ignored: { preferServerCipherSuites: 'Traefik has deprecated it, and does not act on it either' },
};

const toSource = (cert: string, key: string): CertificateSource => ({ cert: toPem(cert), key: toPem(key) });
