import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { templateFunctions } from './functions/functions.ts';
import { renderTemplate } from './render.ts';

const secret = 'hunter2';
const env = (name: string) => ({ value: name === 'SECRET' ? secret : '' });

function fault(source: string): string {
  const rendering = renderTemplate(source, { env });
  if (rendering.ok) return `rendered ${rendering.rendered.text.slice(0, 100)}`;
  return `${rendering.offset}: ${rendering.message}`;
}

describe('a template that cannot be rendered', () => {
  it.each([
    [
      'a {{ toYaml 1 }}',
      '5: the function toYaml belongs to Helm: render the chart first, for example with helm template',
    ],
    ['{{ splitlist "," "a" }}', '3: the function splitlist is not supported: did you mean splitList?'],
    ['{{ getHostByName "a" }}', '3: the function getHostByName is not supported'],
    [
      'x: {{ .Values.host }}',
      '6: there is no .Values.host: a file of routes is rendered without data (it belongs to Helm: render the chart first, for example with helm template)',
    ],
    ['{{ .host }}', '3: there is no .host: a file of routes is rendered without data'],
    ['{{ if true }}', '13: expected {{ end }}'],
    ['a\n{{ env "SECRET"', '2: the action has no closing }}'],
    ['{{ until (env "SECRET") }}', '3: until: expected int as argument 1, got string'],
    ['{{ index (env "SECRET") 99 }}', '3: index: the index is out of range'],
    ['{{ b64dec (env "SECRET") }}', '3: b64dec: the string is not valid base64'],
    ['{{ trunc 1 "é" }}', '3: trunc: cuts a character in two: positions count bytes'],
    ['{{ printf "%d" (env "SECRET") }}', '3: printf: %d cannot format string'],
    ['{{ regexMatch "(" "a" }}', '3: regexMatch: invalid regular expression'],
    ['{{ template "x" }}', '0: the template "x" is not defined'],
    ['{{ env }}', '3: env: expected 1 argument, got 0'],
    ['{{ $x }}', '3: undefined variable $x'],
    ['{{ 1 }} }} {{ @ }}', '14: unexpected @'],
  ])('reports the reason and the place: %s', (source, message) => {
    expect(fault(source)).toBe(message);
    expect(fault(source)).not.toContain(secret);
  });
});

describe('an endless template', () => {
  it.each([
    ['a range over a number', '{{ range 1000000000000 }}{{ end }}', 'takes too many steps: it may never end'],
    ['until', '{{ until 1000000000 }}', 'takes too many steps: it may never end'],
    ['repeat', '{{ repeat 1000000000 "ab" }}', 'takes too many steps: it may never end'],
    ['indent', '{{ indent 1000000000 "ab" }}', 'takes too many steps: it may never end'],
    ['a wide verb', '{{ printf "%099999d" 1 }}', 'expected a width of at most 10000'],
    [
      'a text that doubles',
      '{{ $x := "0123456789abcdef" }}{{ range until 60 }}{{ $x = print $x $x }}{{ end }}',
      'takes too many steps: it may never end',
    ],
    [
      'a list that doubles',
      '{{ $x := list 1 }}{{ range until 60 }}{{ $x = concat $x $x }}{{ end }}',
      'takes too many steps: it may never end',
    ],
    [
      'templates that call themselves',
      '{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}',
      'call one another more than 200 deep',
    ],
    ['parentheses', `{{ ${'('.repeat(5000)}1${')'.repeat(5000)} }}`, 'is nested deeper than 250'],
    ['blocks', '{{ if true }}'.repeat(5000), 'is nested deeper than 250'],
    ['output', `{{ range until 100000 }}${'x'.repeat(10_000)}{{ end }}`, 'renders more than 64 MiB'],
  ])('is stopped: %s', (_, source, message) => {
    expect(fault(source)).toContain(message);
  });
});

describe('rendered text', () => {
  it('maps back to its source, or to the action that wrote it', () => {
    const source = 'a: {{ env "SECRET" }}\n{{- /* comment */}}\nb: {{ `c` }}!';
    const rendering = renderTemplate(source, { env });
    if (!rendering.ok) throw new Error(rendering.message);
    const { text, toSource } = rendering.rendered;
    expect(text).toBe('a: hunter2\nb: c!');
    const places = Array.from(text, (_, offset) => toSource(offset));
    expect(places).toEqual([0, 1, 2, ...Array<number>(7).fill(3), 41, 42, 43, 44, 45, 54]);
    expect(toSource(text.length)).toBe(source.length);
  });

  it('tracks text from the environment through variables and lists', () => {
    const source =
      '{{ $s := env "SECRET" }}{{ $l := list "a" $s }}{{ "x" }}{{ range $l }}{{ . }}{{ end }}{{ with $s }}{{ upper . }}{{ end }}{{ 1 }}';
    const rendering = renderTemplate(source, { env });
    if (!rendering.ok) throw new Error(rendering.message);
    expect(rendering.rendered.pieces.map(({ text, isFromEnv }) => [text, isFromEnv])).toEqual([
      ['x', false],
      ['a', true],
      ['hunter2', true],
      ['HUNTER2', true],
      ['1', false],
    ]);
  });
});

it('templates may call the functions that the guide lists, and no others', () => {
  const guide = readFileSync(new URL('../../../../docs/guide/templates.md', import.meta.url), 'utf8');
  const [, table = ''] = /\n\| functions([^]*?)\n\n/.exec(guide) ?? [];
  const listed = Array.from(table.matchAll(/`(\w+)`/g), ([, name = '']) => name);
  expect(listed.sort()).toEqual([...templateFunctions.keys()].sort());
});
