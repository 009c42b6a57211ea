import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseClientCredentials } from '../../packages/middleware/src/options/parse.ts';

const guide = readFileSync(new URL('../../docs/guide/authorization-servers.md', import.meta.url), 'utf8');
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
    'has a configuration without problems for %s',
    (_title, section) => {
      const blocks = [...section.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text);
      expect(blocks).not.toEqual([]);
      for (const block of blocks) expect(parseClientCredentials(parse(block)).problems).toEqual([]);
    },
  );
});
