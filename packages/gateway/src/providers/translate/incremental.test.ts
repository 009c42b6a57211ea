import { expect, it } from 'vitest';
import type { Document } from '../../config/document.ts';
import { parseDocuments } from '../../config/parse-documents.ts';
import { createTranslate, translate } from './translate.ts';

const parse = (text: string, file = 'a'): readonly Document[] => parseDocuments(text, file).documents;
const routes = (name: string): string =>
  `http: { routers: { ${name}: { rule: Path(\`/${name}\`), service: ${name} } }, services: { ${name}: { loadBalancer: { servers: [{ url: "http://a" }] } } } }`;
const ingressRoute = (service: string): string => `
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: { name: ${service}, namespace: apps }
spec: { routes: [{ match: Path(\`/${service}\`), services: [{ name: ${service}, port: 80 }] }] }
`;
const service = (name: string, port = 80): string =>
  `{ apiVersion: v1, kind: Service, metadata: { name: ${name}, namespace: apps }, spec: { ports: [{ port: ${port} }] } }`;
const slice = (name: string, address: string): string =>
  `{ apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4, metadata: { name: x, namespace: apps, labels: { kubernetes.io/service-name: ${name} } }, endpoints: [{ addresses: [${address}] }], ports: [{ port: 80 }] }`;

it('the entries of unchanged documents stay the same objects', () => {
  const again = createTranslate();
  const [one, two] = [parse(routes('one')), parse(routes('two'))];
  const first = again([...one, ...two]);
  const second = again([...one, ...parse(routes('three'))]);
  expect(second.routers.get('one@file')).toBe(first.routers.get('one@file'));
  expect(second.services.get('one@file')).toBe(first.services.get('one@file'));
  expect([...second.routers.keys()]).toEqual(['one@file', 'three@file']);
});

it('a route is translated again only when its Service changes', () => {
  const again = createTranslate();
  const fixed = [...parse(ingressRoute('one')), ...parse(ingressRoute('two')), ...parse(service('two'))];
  const steps = [
    [],
    parse(service('one')),
    parse(`${service('one')}\n---\n${slice('one', '10.0.0.1')}`),
    parse(`${service('one')}\n---\n${slice('one', '10.0.0.2')}`),
    parse(service('one', 81)),
    parse(`${service('one')}\n---\n${service('one')}`),
  ];
  const seen = new Set<unknown>();
  const two = new Set<unknown>();
  for (const step of steps) {
    const documents = [...fixed, ...step];
    const found = again(documents);
    expect(JSON.stringify([...found.services])).toBe(JSON.stringify([...translate(documents).services]));
    expect(found.problems).toEqual(translate(documents).problems);
    for (const [name, { place: _place, ...rest }] of found.services)
      (name.startsWith('apps-one') ? seen : two).add(name.startsWith('apps-one') ? JSON.stringify(rest) : found.services.get(name));
  }
  expect(two.size).toBe(1);
  // Missing, broken and without the port; a name of the cluster; two addresses.
  expect(seen.size).toBe(6);
}); // prettier-ignore
