import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createFacts } from '../../routing/facts.testkit.ts';
import { compileMiddlewares } from '../middlewares.testkit.ts';
import type { Pass, Step, StepRequest } from '../step.ts';

const everything = `
cert:
  passTLSClientCert:
    pem: true
    info:
      notAfter: true
      notBefore: true
      sans: true
      serialNumber: true
      subject: { country: true, province: true, locality: true, organization: true, organizationalUnit: true, commonName: true, serialNumber: true, domainComponent: true }
      issuer: { country: true, organization: true, commonName: true }
`;

/** A certificate with several countries and organizations, and every kind of alternative name. */
const base64 =
  'MIICeDCCAh+gAwIBAgIUODvnBDH0waGdUkkuOqSEVoY9wGYwCgYIKoZIzj0EAwIwMDELMAkGA1UEBhMCRlIxDzANBgNVBAoMBkNoZWVzZTEQMA4GA1UEAwwHVGVzdCBDQTAeFw0yNjExMjkyMTExNTZaFw0yNjEyMTkyMTExNTZaMIGmMQswCQYDVQQGEwJGUjELMAkGA1UEBhMCQkUxGTAXBgNVBAgMEENoZWVzZSBvcmcgc3RhdGUxETAPBgNVBAcMCFRPVUxPVVNFMRQwEgYDVQQKDAtDaGVlc2UsIEluYzERMA8GA1UECgwIQ2hlZXNlIDIxDzANBgNVBAsMBlNpbXBsZTELMAkGA1UEBRMCNDIxFTATBgNVBAMMDCouY2hlZXNlLm9yZzBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABFj5qCG97B4hZjoKbFEuU+qFN4mz+Pdu7H4CZYXbyi4nzA6Bp1DzKkm/4l7z5rUm7c9ahMOpWFIoI4wGQDXlM7ajgZ8wgZwwWgYDVR0RBFMwUYIMKi5jaGVlc2Uub3JnggpjaGVlc2UuY29tgQ90ZXN0QGNoZWVzZS5vcmeHBAoAAQKHECABDbgAAAAAAAAAAAAAAAGGDHNwaWZmZTovL3gveTAdBgNVHQ4EFgQUC5x0tD7/99/fgZlK7Ef2cmJRqf0wHwYDVR0jBBgwFoAUQJxttIbx8Xxr1rdqMHHE+FdMWLcwCgYIKoZIzj0EAwIDRwAwRAIgZE8QilNfuriLpglep/wvznjvzLQGKhbHxSEKPEe6VDgCICOiYqfAaUe0qGqaJUr63mp+mOamb+zxRJtzsTk1IPYy';
const certificate = new X509Certificate(Buffer.from(base64, 'base64'));

/** Headers that Traefik 3.7.13 sent for it with these options on 2026-11-29. */
const recorded =
  'Subject%3D%22C%3DFR%2CC%3DBE%2CST%3DCheese+org+state%2CL%3DTOULOUSE%2CO%3DCheese%2C+Inc%2CO%3DCheese+2%2COU%3DSimple%2CSN%3D42%2CCN%3D%2A.cheese.org%22%3BIssuer%3D%22C%3DFR%2CO%3DCheese%2CCN%3DTest+CA%22%3BSerialNumber%3D%22321039351498431043959555557836343540203145511014%22%3BNB%3D%221795986716%22%3BNA%3D%221797714716%22%3BSAN%3D%22%2A.cheese.org%2Ccheese.com%2Ctest%40cheese.org%2C10.0.1.2%2C2001%3Adb8%3A%3A1%2Cspiffe%3A%2F%2Fx%2Fy%22';

const compile = (text: string): Step => {
  const { steps, problems } = compileMiddlewares(text);
  expect(problems).toEqual([]);
  return steps[0]!;
};

const passOf = (step: Step, certificates: readonly X509Certificate[] | undefined): Pass => {
  const tls = certificates && { ...connection, clientCertificates: () => certificates };
  const facts = createFacts({ tls });
  const request: StepRequest = {
    facts,
    authority: facts.authority,
    authorization: undefined,
    target: facts.target,
    subject: undefined,
    header: () => undefined,
    headers: () => [],
    bufferBody: () => Buffer.alloc(0),
  };
  return step.onRequest(request) as Pass;
};

const connection = {
  options: 'default',
  version: '1.3',
  cipher: 'TLS_AES_128_GCM_SHA256',
  clientSubject: () => undefined,
};

describe('passTLSClientCert', () => {
  it('sends the certificate and its details as Traefik does', () => {
    expect(passOf(compile(everything), [certificate]).setHeaders).toEqual([
      'X-Forwarded-Tls-Client-Cert',
      base64,
      'X-Forwarded-Tls-Client-Cert-Info',
      recorded,
    ]);
  });

  it('joins the certificates of a chain', () => {
    const [, pem, , info] = passOf(
      compile('cert: { passTLSClientCert: { pem: true, info: { notAfter: true } } }'),
      [certificate, certificate],
    ).setHeaders;
    expect(pem).toBe(`${base64},${base64}`);
    expect(info).toBe('NA%3D%221797714716%22%2CNA%3D%221797714716%22');
  });

  it.each([
    ['a connection without TLS', undefined],
    ['a caller without a certificate', []],
  ])("removes the caller's own headers on %s", (_, certificates) => {
    const pass = passOf(compile(everything), certificates);
    expect(pass.setHeaders).toEqual([]);
    expect([...pass.removeHeaders]).toEqual([
      'x-forwarded-tls-client-cert',
      'x-forwarded-tls-client-cert-info',
    ]);
  });

  it('returns the same header list for all requests of a connection, so that derived results are cached', () => {
    const step = compile(everything);
    const tls = { ...connection, clientCertificates: () => [certificate] };
    const facts = createFacts({ tls });
    const request = {
      facts,
      authority: facts.authority,
      authorization: undefined,
      target: '/',
      subject: undefined,
      header: () => undefined,
      headers: () => [],
      bufferBody: () => Buffer.alloc(0),
    };
    expect(step.onRequest(request)).toBe(step.onRequest(request));
  });
});
