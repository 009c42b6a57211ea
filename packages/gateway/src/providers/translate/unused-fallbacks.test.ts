import { expect, it } from 'vitest';
import { parseDocuments } from '../../config/parse-documents.ts';
import { translate } from './translate.ts';

const load = (services: string): readonly string[] => {
  const { documents, problems } = parseDocuments(`http: { services: { ${services} } }`, 'a.yaml');
  return translate(documents, problems).problems.map(({ path, message }) => `${path}: ${message}`);
};

const plain = (name: string, options = ''): string =>
  `${name}: { loadBalancer: { servers: [{ url: "http://127.0.0.1:1" }]${options} } }`;
const failover = (service: string): string => `f: { failover: { service: ${service}, fallback: b } }`;

it.each([[plain('a')], [`${plain('c')}, a: { weighted: { services: [{ name: c }] } }`]])(
  'a fallback behind a service that is always healthy is reported, as in Traefik: %s',
  (main) => {
    expect(load(`${main}, ${plain('b')}, ${failover('a')}`)).toEqual([
      'f@file: the fallback would never be used: a@file has no healthCheck',
    ]);
  },
);

it.each([
  [plain('a', ', healthCheck: { path: /up }')],
  [plain('a', ', passiveHealthCheck: {}')],
  [`${plain('c', ', healthCheck: {}')}, a: { weighted: { services: [{ name: c }] } }`],
])('a fallback behind a service with a health check is not reported: %s', (main) => {
  expect(load(`${main}, ${plain('b')}, ${failover('a')}`)).toEqual([]);
});

it('a missing, broken or circular service is reported as such', () => {
  expect(load(`${plain('b')}, ${failover('nowhere')}`)).toEqual([
    expect.stringContaining('there is no service nowhere@file'),
  ]);
  expect(load(`${plain('b')}, ${failover('f')}`)).toEqual([expect.stringContaining('refers back to')]);
});
