import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseClientCredentials } from '../../packages/middleware/src/options/parse.ts';
import { createTestAuthority } from '../../packages/testkit/src/certificates.ts';

const guide = readFileSync(new URL('../../docs/guide/authorization-servers.md', import.meta.url), 'utf8');
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const { key, cert } = createTestAuthority().issue('gateway', [], privateKey);
/** References in the guide whose targets must be of one kind. */
const referred = new Map([['urn:env:CLIENT_KEY_AND_CERTIFICATE', key + cert]]);
const sections = guide.split(/^## /m).slice(1);

describe('the guide to authorization servers', () => {
  it('links each server from its table', () => {
    const [table = ''] = guide.split(/^## /m);
    for (const section of sections) {
      const [title = ''] = section.split('\n', 1);
      const anchor = title.toLowerCase().replace(/[^a-z0-9 -]/g, '').replaceAll(' ', '-'); // prettier-ignore
      expect(table).toContain(`(#${anchor})`);
    }
  });

  it.each(sections.map((section) => [section.split('\n', 1)[0], section] as const))(
    'shows a configuration for %s without problems',
    (_title, section) => {
      const blocks = [...section.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text);
      expect(blocks).not.toEqual([]);
      for (const block of blocks) {
        const options: unknown = parse(
          block,
          (_name, value: unknown) => referred.get(value as string) ?? value,
        );
        expect(parseClientCredentials(options).problems).toEqual([]);
      }
    },
  );
});
