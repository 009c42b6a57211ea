import type { z } from 'zod';
import type { CertificateConfig } from '../../../config/dynamic.ts';
import type { Path } from '../../../config/path.ts';
import type { Problem } from '../../../config/place.ts';
import { createProblem } from '../../../config/problem.ts';
import type { LookUp } from '../../../reload/derive.ts';
import type { listenerSchema } from './gateway-schemas.ts';
import type { ReferenceGrant } from './grants.ts';
import { isGranted } from './grants.ts';
import type { KubernetesObject } from './objects.ts';
import { isCoreGroup } from './objects.ts';
import { toCertificateSource } from './pem-sources.ts';

type ListenerTlsSpec = z.output<typeof listenerSchema>['tls'];
type CertificateRef = NonNullable<ListenerTlsSpec>['certificateRefs'][number];

/** Look-ups of listeners. A `type`, because `createDerive` requires an index signature. */
export type ListenerLookUps = {
  /** Keys and values, by `namespace/name`. */
  readonly secrets: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** By namespace. */
  readonly grants: ReadonlyMap<string, readonly ReferenceGrant[]>;
};

/** Reads the certificates of a listener. As in Traefik, a listener with an unusable one is not served. */
export function readListenerTls(
  { namespace, source: { document } }: Pick<KubernetesObject, 'namespace' | 'source'>,
  tls: ListenerTlsSpec,
  { path, lookUp }: { readonly path: Path; readonly lookUp: LookUp<ListenerLookUps> },
): { readonly certificates: readonly CertificateConfig[]; readonly problems: readonly Problem[] } {
  const certificates: CertificateConfig[] = [];
  const problems: Problem[] = [];
  if (tls?.mode === 'Passthrough')
    problems.push(
      createProblem(document, [...path, 'mode'], {
        code: 'unsupported_option',
        message: 'Passthrough is not served: expected Terminate',
      }),
    );
  for (const [index, reference] of (tls?.certificateRefs ?? []).entries()) {
    const at = [...path, 'certificateRefs', index];
    const fault = findFault(namespace, reference, lookUp);
    if (fault !== undefined) problems.push(createProblem(document, [...at, 'name'], fault));
    else
      certificates.push({
        ...toCertificateSource(reference.namespace ?? namespace, reference.name),
        name: '',
        place: document.placeOf(at),
        errors: [],
      });
  }
  return { certificates, problems };
}

function findFault(
  namespace: string,
  { group, kind, name, namespace: of = namespace }: CertificateRef,
  lookUp: LookUp<ListenerLookUps>,
): { readonly code: string; readonly message: string } | undefined {
  if (!isCoreGroup(group) || kind !== 'Secret')
    return { code: 'unsupported_certificate', message: `expected a Secret, got ${kind} of ${group}` };
  if (
    of !== namespace &&
    !isGranted(lookUp('grants', of), { kind: 'Gateway', namespace }, { kind: 'Secret', name })
  )
    return {
      code: 'cross_namespace',
      message: `no ReferenceGrant of the namespace ${of} lets Gateways of ${namespace} refer to the Secret ${name}`,
    };
  const values = lookUp('secrets', `${of}/${name}`);
  if (values === undefined)
    return { code: 'missing_secret', message: `the Secret ${of}/${name} is missing or cannot be read` };
  const missing = ['tls.crt', 'tls.key'].filter((key) => (values.get(key) ?? '') === '');
  return missing.length === 0
    ? undefined
    : { code: 'missing_secret', message: `the Secret ${of}/${name} has no key ${missing.join(' and ')}` };
}
