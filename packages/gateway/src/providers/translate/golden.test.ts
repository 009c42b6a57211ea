import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parseDocuments } from '../../config/parse-documents.ts';
import type { Place } from '../../config/place.ts';
import { translate } from './translate.ts';

const folder = fileURLToPath(new URL('testdata/', import.meta.url));
const inputs = readdirSync(folder).filter((name) => !name.endsWith('.golden'));

/** Maps as objects, places as `line:column`. */
function show(key: string, value: unknown): unknown {
  if (key === 'rulePlace') return show('', (value as (offset: number) => Place)(0));
  if (value instanceof Map) return Object.fromEntries(value as Map<string, unknown>);
  if (typeof value === 'object' && value !== null && 'line' in value) {
    const { file, line, column } = value as Place;
    return `${file}:${line}:${column}`;
  }
  return value;
}

it.each(inputs)('%s becomes the content of its golden file', async (file) => {
  const { documents, problems } = parseDocuments(readFileSync(`${folder}${file}`, 'utf8'), file);
  const compiled = `${JSON.stringify(translate(documents, problems), show, 2)}\n`;
  await expect(compiled).toMatchFileSnapshot(`${folder}${file}.golden`);
});
