import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { asMeant } from './as-meant.ts';
import { parseClientCredentials } from './parse.ts';

const schema = z.strictObject({
  count: z.int().default(0),
  on: z.boolean().optional(),
  name: z.string().min(1).optional(),
  kept: z.string().optional(),
  list: z.array(z.string().min(1)).default([]),
  site: z.enum(['strict', 'lax']).optional(),
  either: z.union([z.boolean(), z.strictObject({ port: z.int() })]).optional(),
  port: z.union([z.int().max(65_535), z.string()]).optional(),
  byName: z.record(z.string(), z.int()).default({}),
});

describe('a value in a common notation', () => {
  it.each([
    [{ count: '8080' }, { count: 8080 }],
    [{ count: '1_000' }, { count: 1000 }],
    [{ on: 'false' }, { on: false }],
    [{ on: 'True' }, { on: true }],
    [{ name: 42 }, { name: '42' }],
    [{ name: true }, { name: 'true' }],
    [{ name: '' }, {}],
    [{ kept: '' }, { kept: '' }],
    [{ list: 'web' }, { list: ['web'] }],
    [{ list: 'web, websecure,' }, { list: ['web', 'websecure'] }],
    [{ list: [1, 'a'] }, { list: ['1', 'a'] }],
    [{ list: '' }, {}],
    [{ list: {} }, { list: [] }],
    [{ list: [' web', 'websecure '] }, { list: ['web', 'websecure'] }],
    [{ site: 'Strict' }, { site: 'strict' }],
    [{ either: 'true' }, { either: true }],
    [{ either: { port: '80' } }, { either: { port: 80 } }],
    [{ byName: { a: '3' } }, { byName: { a: 3 } }],
  ])('%j is read as %j', (written, meant) => {
    expect(asMeant(written, schema)).toEqual(meant);
    expect(schema.safeParse(asMeant(written, schema)).success).toBe(true);
  });

  it.each([
    { count: 'eight' },
    { on: 'yes' },
    { site: 'none' },
    { either: { port: 'http' } },
    { list: { a: 1 } },
    { port: 70_000 },
    { other: 1 },
  ])('%j is left for the schema to report', (written) => {
    expect(asMeant(written, schema)).toEqual(written);
    expect(schema.safeParse(asMeant(written, schema)).success).toBe(false);
  });

  it('that is a fractional number stays a number, which the schema reports', () => {
    expect(asMeant({ count: '8.5' }, schema)).toEqual({ count: 8.5 });
    expect(schema.safeParse({ count: 8.5 }).success).toBe(false);
  });
});

it('options with the empty defaults of Traefik Hub count as omitted', () => {
  const written = {
    url: 'https://as.example/token',
    clientID: '',
    clientSecret: '',
    audience: '',
    claims: '',
    usernameClaim: '',
    clientConfig: {
      timeoutSeconds: '5',
      maxRetries: '3',
      tls: { ca: '', cert: '', key: '', insecureSkipVerify: 'false' },
    },
  };
  const { options, problems } = parseClientCredentials(written);
  expect(problems).toEqual([]);
  const { options: bare } = parseClientCredentials({
    url: 'https://as.example/token',
    clientConfig: { tls: {} },
  });
  expect(options).toEqual(bare);
});
