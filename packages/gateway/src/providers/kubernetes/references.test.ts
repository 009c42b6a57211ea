import { describe, expect, it } from 'vitest';
import { parseDocuments } from '../../config/parse-documents.ts';
import { secretsOf } from './references.ts';

describe('the Secrets that a Middleware refers to', () => {
  it('are those of its references, and those that TLS options name', () => {
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
    expect([...secretsOf(object)]).toEqual(['apps/ca', 'apps/client', 'apps/keys', 'apps/redis']);
  });
});
