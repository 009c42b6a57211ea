import { describe, expect, it } from 'vitest';
import { createTestAuthority } from '../../../../testkit/src/certificates.ts';
import { createPresentedCertificates } from '../../tls/presented-certificates.ts';
import { certificateShape } from './certificate-shape.ts';
import { toCertificateView } from './certificate-view.ts';

const dayMs = 24 * 3600 * 1000;

describe('a certificate in the API', () => {
  const presented = createPresentedCertificates();
  presented.set('', [createTestAuthority().issue('api.example.com', ['api.example.com', '127.0.0.1'])]);
  const [certificate] = presented.list();
  const { notAfter, notBefore } = certificate!;

  it('has its names and times, but no key', () => {
    const view = certificateShape.parse(
      toCertificateView(certificate!, { tlsEntryPoints: ['websecure'], now: notBefore }),
    );
    expect(view).toMatchObject({
      commonName: 'api.example.com',
      names: ['api.example.com', '127.0.0.1'],
      entryPoints: ['websecure'],
      origin: null,
      notAfter: new Date(notAfter).toISOString(),
    });
    expect(JSON.stringify(view)).not.toContain('PRIVATE');
  });

  it.each([
    [15, 'valid', 15],
    [13.5, 'expiring', 13],
    [0, 'invalid', 0],
    [-1.5, 'invalid', -2],
  ])('is, %d days before it expires, %s', (days, status, daysLeft) => {
    expect(
      toCertificateView(certificate!, { tlsEntryPoints: [], now: notAfter - days * dayMs }),
    ).toMatchObject({ status, daysLeft });
  });

  it('is invalid before its first day', () => {
    expect(toCertificateView(certificate!, { tlsEntryPoints: [], now: notBefore - 1 }).status).toBe(
      'invalid',
    );
  });
});
