import { describe, expect, it } from 'vitest';
import { parseClientCredentials } from './parse.ts';

const url = 'https://as.example/token';
const issuer = 'https://as.example/tenant';
const problems = (raw: object) =>
  parseClientCredentials(raw).problems.map(
    ({ severity, path, code, message }) => `${severity} ${path.join('.')} ${code}: ${message}`,
  );

describe('issuer', () => {
  it('replaces url, and is not normalised', () => {
    for (const text of [issuer, 'https://AS.example:443/', 'https://as.example']) {
      const { options, problems } = parseClientCredentials({ ISSUER: text });
      expect(problems).toEqual([]);
      expect(options).toMatchObject({ url: undefined, issuer: text });
    }
  });

  it('is ignored beside url, with a warning', () => {
    for (const text of [issuer, 'http://as.example']) {
      expect(problems({ url, Issuer: text })).toEqual([
        'warning Issuer ignored_option: is not used, because url is given',
      ]);
      expect(parseClientCredentials({ url, issuer: text }).options).toMatchObject({ url, issuer: undefined });
    }
  });

  it.each([
    [
      { url: '', issuer },
      { url: undefined, issuer },
    ],
    [
      { url, issuer: '' },
      { url, issuer: undefined },
    ],
  ])('may be an empty text, which means omitted, like url: %j', (raw, expected) => {
    expect(problems(raw)).toEqual([]);
    expect(parseClientCredentials(raw).options).toMatchObject(expected);
  });

  it.each([{}, { url: '' }, { issuer: '' }, { url: '', issuer: '' }])('or url is required: %j', (raw) => {
    expect(problems(raw)).toEqual(['error url missing_option: is required unless issuer is given']);
  });

  it.each([
    ['as.example', 'expected an absolute https URL'],
    ['ftp://as.example', 'expected an absolute https URL'],
    ['https://', 'expected an absolute https URL'],
    [` ${issuer}`, 'expected an absolute https URL'],
    [`${issuer}\n`, 'expected an absolute https URL'],
    ['https://as.example/a b', 'expected an absolute https URL'],
    ['https://a:b@as.example', 'a URL must not contain credentials: use clientID and clientSecret'],
    [`${issuer}?a=b`, 'an issuer has no query and no fragment (RFC 8414 section 2)'],
    [`${issuer}?`, 'an issuer has no query and no fragment (RFC 8414 section 2)'],
    [`${issuer}#a`, 'an issuer has no query and no fragment (RFC 8414 section 2)'],
    [
      `${issuer}/.well-known/openid-configuration`,
      'expected the issuer, not the URL of its metadata: leave out the part with .well-known',
    ],
  ])('is an https URL without query and fragment: %j', (text, message) => {
    expect(problems({ issuer: text })).toEqual([`error issuer invalid_value: ${message}`]);
    expect(problems({ url, issuer: text })).toContain(`error issuer invalid_value: ${message}`);
  });

  it.each([1, null, ['https://as.example']])('is a string: %j', (text) => {
    expect(problems({ issuer: text })).toEqual([expect.stringMatching(/^error issuer invalid_value: /)]);
  });

  it('may be http with a warning, and without one on this machine', () => {
    expect(problems({ issuer: 'http://as.example' })).toEqual([
      'warning issuer insecure: http lets others choose where client secrets are sent: use https',
    ]);
    for (const host of ['localhost', '127.0.0.1:8080', '[::1]', 'as.localhost'])
      expect(problems({ issuer: `http://${host}/realms/a` })).toEqual([]);
  });
});
