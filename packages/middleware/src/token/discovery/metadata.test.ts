import { describe, expect, it } from 'vitest';
import { readMetadata } from './metadata.ts';

const issuer = 'https://as.example/tenant';
const token_endpoint = 'https://as.example/token';
const read = (document: unknown, rules: { readonly issuer?: string; readonly usesCertificate?: boolean } = {}) => {
  const result = readMetadata(document, { issuer, usesCertificate: false, ...rules });
  return result.kind === 'problem' ? result.text : result.tokenEndpoint;
}; // prettier-ignore

describe('the metadata of an issuer', () => {
  it('name the token endpoint, on another host too', () => {
    expect(read({ issuer, token_endpoint })).toBe(token_endpoint);
    expect(read({ issuer, token_endpoint: 'https://login.example:8443/t?tenant=a' })).toBe(
      'https://login.example:8443/t?tenant=a',
    );
  });

  it.each([
    ['no object', [], 'expected a JSON object'],
    ['no JSON', undefined, 'expected a JSON object'],
    ['no issuer', { token_endpoint }, `issuer is missing, expected "${issuer}"`],
    ['the issuer with a slash', { issuer: `${issuer}/`, token_endpoint }, `issuer is "${issuer}/", expected "${issuer}"`],
    ['the issuer with the port', { issuer: 'https://as.example:443/tenant', token_endpoint }, /^issuer is "https:\/\/as\.example:443/],
    ['the issuer in capitals', { issuer: issuer.toUpperCase(), token_endpoint }, /^issuer is "HTTPS:/],
    ['a template for an issuer', { issuer: 'https://as.example/{tenantid}', token_endpoint }, /^issuer is ".*\{tenantid\}"/],
    ['a list for an issuer', { issuer: [issuer], token_endpoint }, /^issuer is \[/],
    ['no token endpoint', { issuer }, 'token_endpoint is missing, but it is required'],
    ['a path', { issuer, token_endpoint: '/token' }, 'token_endpoint is "/token", expected an absolute URL'],
    ['a number', { issuer, token_endpoint: 1 }, 'token_endpoint is 1, expected an absolute URL'],
    ['null', { issuer, token_endpoint: null }, 'token_endpoint is null, expected an absolute URL'],
    ['http', { issuer, token_endpoint: 'http://as.example/token' }, 'token_endpoint is "http://as.example/token", expected an https URL'],
    ['loopback', { issuer, token_endpoint: 'http://127.0.0.1/token' }, /expected an https URL$/],
    ['a file', { issuer, token_endpoint: 'file:///etc/passwd' }, /expected an https URL$/],
    ['credentials', { issuer, token_endpoint: 'https://a:b@as.example/token' }, /but a token endpoint has no credentials$/],
    ['a fragment', { issuer, token_endpoint: `${token_endpoint}#f` }, /has no fragment/],
  ])('are refused with %s', (_what, document, expected) => {
    expect(read(document)).toMatch(expected instanceof RegExp ? expected : new RegExp(`^${escape(expected)}$`));
  }); // prettier-ignore

  it.each([
    ['http://localhost:8080', 'http://127.0.0.1:9090/token', true],
    ['http://as.internal:8080', 'http://as.internal:9090/token', true],
    ['http://as.internal', 'https://login.example/token', true],
    ['http://localhost:8080', 'http://as.internal/token', false],
    ['http://as.internal', 'http://other.internal/token', false],
    ['http://as.internal', 'http://127.0.0.1/admin', false],
    ['http://as.internal', 'http://169.254.169.254/latest', false],
  ])('of %s may name %s: %s', (issuer, token_endpoint, isAllowed) => {
    expect(read({ issuer, token_endpoint }, { issuer }) === token_endpoint).toBe(isAllowed);
  });

  it('name an alias for clients with a certificate (RFC 8705 section 5)', () => {
    const alias = 'https://mtls.as.example/token';
    const document = { issuer, token_endpoint, mtls_endpoint_aliases: { token_endpoint: alias } };
    expect(read(document)).toBe(token_endpoint);
    expect(read(document, { usesCertificate: true })).toBe(alias);
    expect(read({ ...document, mtls_endpoint_aliases: {} }, { usesCertificate: true })).toBe(token_endpoint);
    expect(
      read({ ...document, mtls_endpoint_aliases: { token_endpoint: 'http://as.example/t' } }, { usesCertificate: true }),
    ).toBe('mtls_endpoint_aliases.token_endpoint is "http://as.example/t", expected an https URL');
  }); // prettier-ignore

  it.each([
    [undefined, 'client_secret_basic'],
    [['client_secret_post', 'client_secret_basic'], 'client_secret_basic'],
    [['private_key_jwt'], 'client_secret_basic'],
    [['client_secret_post', 'none'], 'client_secret_post'],
    ['client_secret_post', 'client_secret_basic'],
  ])('with the methods %j suggest %s first', (token_endpoint_auth_methods_supported, firstMethod) => {
    const document = { issuer, token_endpoint, token_endpoint_auth_methods_supported };
    expect(readMetadata(document, { issuer, usesCertificate: false })).toMatchObject({ firstMethod });
  });
});

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
