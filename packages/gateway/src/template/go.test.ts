import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { renderTemplate } from './render.ts';

/** Output of real Go for the templates, or null for an error: testdata/record.go records it, `recorded` names version and date. */
const go = JSON.parse(readFileSync(new URL('testdata/go.json', import.meta.url), 'utf8')) as {
  readonly env: Readonly<Record<string, string>>;
  readonly templates: Readonly<Record<string, string | null>>;
};

function render(source: string): string | null {
  const rendering = renderTemplate(source, { env: (name) => ({ value: go.env[name] ?? '' }) });
  return rendering.ok ? rendering.rendered.text : null;
}

describe('a template', () => {
  it('renders, or is rejected, as in Go', () => {
    // The time of the recording.
    vi.stubEnv('TZ', 'UTC');
    const sources = Object.keys(go.templates);
    expect(sources.length).toBeGreaterThan(290);
    expect(Object.fromEntries(sources.map((source) => [source, render(source)]))).toEqual(go.templates);
  });
});
