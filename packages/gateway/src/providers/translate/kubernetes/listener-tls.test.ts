import { describe, expect, it } from 'vitest';
import { parseDocuments } from '../../../config/parse-documents.ts';
import { createTranslate } from '../translate.ts';

const secret = (name: string, data = '{ tls.crt: CERT, tls.key: KEY }'): string =>
  `{ apiVersion: v1, kind: Secret, metadata: { name: ${name}, namespace: infra }, stringData: ${data} }`;
const grant = `
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: { name: g, namespace: infra }
spec:
  from: [{ group: gateway.networking.k8s.io, kind: Gateway, namespace: apps }]
  to: [{ group: '', kind: Secret }]
`;
const gateway = (tls: string, more = ''): string => `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: edge, namespace: apps }
spec:
  gatewayClassName: traefik
  listeners: [{ name: web, protocol: HTTPS, port: 443, tls: ${tls} }, { name: plain, protocol: HTTP, port: 80 }]
  ${more}
`;
const route = `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: r, namespace: apps }
spec: { parentRefs: [{ name: edge }], rules: [{ filters: [{ type: RequestRedirect, requestRedirect: { statusCode: 301, path: { type: ReplaceFullPath, replaceFullPath: /x } } }] }] }
`;

const translate = createTranslate();

/** Certificates, ports of the listeners that the route is attached to, and problems. */
function load(...objects: readonly string[]) {
  const { documents, problems } = parseDocuments([...objects, route].join('\n---\n'), 'a.yaml');
  expect(problems).toEqual([]);
  const loaded = translate(documents);
  return {
    certificates: loaded.tls.certificates.map(({ cert }) => (cert.kind === 'secret' ? cert.secret : '')),
    ports: [...loaded.routers.values()].map(({ listener }) => listener?.port),
    problems: loaded.problems.filter(({ severity }) => severity === 'error').map(({ message }) => message),
  };
}

const both =
  '{ certificateRefs: [{ name: one, namespace: infra }, { group: core, kind: Secret, name: two, namespace: infra }] }';

describe('an HTTPS listener', () => {
  it('presents the certificates of its Secrets, of another namespace if a ReferenceGrant allows it', () => {
    expect(load(gateway(both), secret('one'), secret('two'), grant)).toEqual({
      certificates: ['infra/one', 'infra/two'],
      ports: [443, 80],
      problems: [],
    });
  });

  it.each([
    [
      'has no grant',
      [gateway(both), secret('one'), secret('two')],
      [
        'no ReferenceGrant of the namespace infra lets Gateways of apps refer to the Secret one',
        'no ReferenceGrant of the namespace infra lets Gateways of apps refer to the Secret two',
      ],
    ],
    [
      'names a Secret that is gone',
      [gateway(both), secret('one'), grant],
      ['the Secret infra/two is missing or cannot be read'],
    ],
    [
      'names a Secret without a key',
      [gateway(both), secret('one'), secret('two', '{ tls.crt: CERT }'), grant],
      ['the Secret infra/two has no key tls.key'],
    ],
    [
      'names something else',
      [gateway('{ certificateRefs: [{ kind: ConfigMap, name: one }] }')],
      ['expected a Secret, got ConfigMap of '],
    ],
    [
      'passes connections through',
      [gateway('{ mode: Passthrough }')],
      ['Passthrough is not served: expected Terminate'],
    ],
    [
      'verifies certificates of callers',
      [
        gateway(both, 'tls: { frontend: { default: { validation: {} } } }'),
        secret('one'),
        secret('two'),
        grant,
      ],
      ['frontend is not supported, so listeners with HTTPS are not served: use a TLSOption with clientAuth'],
    ],
  ])('is not served if it %s, while the other listeners are', (_what, objects, problems) => {
    expect(load(...objects)).toEqual({ certificates: [], ports: [80], problems });
  });

  it('is served again when its Secret returns', () => {
    expect(load(gateway(both), secret('one'), grant).ports).toEqual([80]);
    expect(load(gateway(both), secret('one'), secret('two'), grant).ports).toEqual([443, 80]);
  });
});
