import { describe, expect, it } from 'vitest';
import { parseDocuments } from '../../config/parse-documents.ts';
import { secretsOf } from './references.ts';

describe('the Secrets that a Middleware refers to', () => {
  it('include those of its references and of its TLS options', () => {
    const { documents } = parseDocuments(
      `kind: Middleware
spec:
  forwardAuth:
    tls: { caSecret: ca, CertSecret: client }
  rateLimit:
    redis: { secret: redis }
  plugin:
    oAuthClientCredentials: { clientID: 'urn:k8s:secret:keys:id', store: { secret: sixteen bytes key } }
`,
      'objects.yaml',
    );
    const [document] = documents;
    if (document === undefined) throw new Error('no document');
    const object = { namespace: 'apps', document } as Parameters<typeof secretsOf>[0];
    expect([...secretsOf(object)].sort()).toEqual(['apps/ca', 'apps/client', 'apps/keys', 'apps/redis']);
  });

  it.each([
    ['rateLimit: { redis: { secret: found } }'],
    ['ratelimit: { Redis: { SECRET: found } }'],
    ['rateLimit: { redis: { tls: { certsecret: found } } }'],
    ['ForwardAuth: { TLS: { casecret: found } }'],
    ['BasicAuth: { Secret: found }'],
  ])('are named in any letter case: %s', (spec) => {
    expect(find(spec)).toEqual(['apps/found']);
  });

  it('exclude options that happen to have such a name', () => {
    expect(find('headers: { customRequestHeaders: { certSecret: a, secret: b } }')).toEqual([]);
    expect(find('plugin: { oAuthClientCredentials: { forwardHeaders: { caSecret: c } } }')).toEqual([]);
  });
});

function find(spec: string): readonly string[] {
  const [document] = parseDocuments(`kind: Middleware\nspec: { ${spec} }\n`, 'objects.yaml').documents;
  if (document === undefined) throw new Error('no document');
  return [...secretsOf({ namespace: 'apps', document } as Parameters<typeof secretsOf>[0])];
}
