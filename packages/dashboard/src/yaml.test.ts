import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { toYaml } from './yaml.ts';

describe('JSON as YAML', () => {
  it('is parsed back to the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const json: unknown = JSON.parse(JSON.stringify(value));
        expect(JSON.stringify(parse(toYaml(json)))).toBe(JSON.stringify(json));
      }),
    );
  });

  it('looks like handwritten configuration', () => {
    expect(toYaml({ web: { address: '127.0.0.1:8000', middlewares: ['auth@file', 'yes'], tls: {} } })).toBe(
      'web:\n  address: "127.0.0.1:8000"\n  middlewares:\n    - auth@file\n    - "yes"\n  tls: {}',
    );
  });
});
