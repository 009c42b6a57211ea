import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { Secret } from '../base/secret.ts';
import { formEncode } from './client-auth/basic.ts';
import { readErrorResponse } from './error-response.ts';

const credential = (clientId: string, secret: string) => ({ clientId, clientSecret: new Secret(secret) });

describe('the error response of a token endpoint', () => {
  it('keeps the status, the code and the description', () => {
    const body = { error: 'invalid_scope', error_description: 'AADSTS70011: the scope is not valid' };
    expect(readErrorResponse(400, body, credential('app', 's3cret'))).toEqual({
      status: 400,
      error: 'invalid_scope',
      errorDescription: 'AADSTS70011: the scope is not valid',
    });
  });

  it('keeps only the status when the body is not informative', () => {
    for (const body of [undefined, {}, { error: 7, error_description: ['no'] }, { error: '\u0007', error_description: '' }])
      expect(readErrorResponse(500, body, undefined)).toEqual({ status: 500, error: undefined, errorDescription: undefined });
  }); // prettier-ignore

  it('shows at most 300 characters on one line without control characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 350 }), (text) => {
        const { errorDescription = '' } = readErrorResponse(400, { error_description: text }, undefined);
        expect(Array.from(errorDescription).length).toBeLessThanOrEqual(300);
        expect(errorDescription).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u);
      }),
      { numRuns: 40 },
    );
    expect(
      readErrorResponse(400, { error_description: 'x'.repeat(301) }, undefined).errorDescription,
    ).toBe(`${'x'.repeat(297)}...`);
  }); // prettier-ignore

  it('never repeats the client secret, in any form in which a token request carries it', () => {
    const secret = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
    const forms: readonly ((id: string, secret: string) => string)[] = [
      (_, plain) => plain,
      (_, plain) => formEncode(plain),
      (_, plain) => new URLSearchParams({ s: plain }).toString().slice(2),
      (id, plain) => Buffer.from(`${id}:${plain}`).toString('base64'),
      (id, plain) => Buffer.from(`${formEncode(id)}:${formEncode(plain)}`).toString('base64'),
    ];
    fc.assert(
      fc.property(secret, fc.constantFrom(...forms), fc.constantFrom('error', 'error_description'), (plain, form, name) => {
        const shown = readErrorResponse(401, { [name]: `${'-'.repeat(290)}${form('app', plain)}` }, credential('app', plain));
        expect(shown[name === 'error' ? 'error' : 'errorDescription']).toBe('(withheld: the text repeats a secret)');
      }),
    );
  }); // prettier-ignore

  it('shows no token that the server repeats', () => {
    const { errorDescription } = readErrorResponse(
      400,
      { error_description: 'the assertion eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0.c2lnbmF0dXJl is expired' },
      undefined,
    );
    expect(errorDescription).toBe('the assertion (token) is expired');
  });
});
