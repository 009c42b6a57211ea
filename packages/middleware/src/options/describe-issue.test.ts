import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { describeIssue } from './describe-issue.ts';

const describeFault = (schema: z.ZodType, value: unknown): readonly string[] =>
  (schema.safeParse(value, { error: describeIssue }).error?.issues ?? []).map(({ message }) => message);

const key = z.string().regex(/^[a-z]+$/, { error: 'expected lower case' });

describe('describeIssue', () => {
  it.each([
    [z.string(), 1, 'expected string'],
    [z.int(), 1.5, 'expected int'],
    [z.literal('a'), 'b', 'expected "a"'],
    [z.enum(['a', 'b']), 'c', 'expected one of "a"|"b"'],
    [z.string().min(1), '', 'expected string to have >=1 characters'],
    [z.array(z.string()).max(1), ['a', 'b'], 'expected array to have <=1 items'],
    [z.array(z.string()).length(1), [], 'expected array to have exactly 1 items'],
    [z.number().min(1), 0, 'expected number to be >=1'],
    [z.number().gt(1), 1, 'expected number to be >1'],
    [z.number().lt(1), 1, 'expected number to be <1'],
    [z.union([z.boolean(), z.string().min(1)]), 3, 'expected boolean or expected string'],
    [z.record(key, z.string()), { A: '' }, 'expected lower case'],
    [z.string({ error: 'expected a name' }), 1, 'expected a name'],
  ])('states the expected value of case %#', (schema, value, message) => {
    expect(describeFault(schema, value)).toEqual([message]);
  });
});
