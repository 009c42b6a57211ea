import { z } from 'zod';

/** Nouns for the sizes that zod limits. */
const units: Readonly<Record<string, string>> = {
  string: 'characters',
  array: 'items',
  map: 'entries',
  set: 'items',
  file: 'bytes',
};

/**
 * Describes the type that a schema expected, never the value: for `safeParse(value, { error: describeIssue })`. A schema's own `error`
 * takes precedence. Decides by zod's codes, because zod's texts may change with each release.
 */
export const describeIssue: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${issue.expected}`;
    case 'invalid_value':
      return `expected ${issue.values.length > 1 ? 'one of ' : ''}${z.core.util.joinValues(issue.values, '|')}`;
    case 'too_small': {
      const limit = issue.exact === true ? 'exactly ' : issue.inclusive === true ? '>=' : '>';
      return describeSize(issue.origin, `${limit}${issue.minimum}`);
    }
    case 'too_big': {
      const limit = issue.exact === true ? 'exactly ' : issue.inclusive === true ? '<=' : '<';
      return describeSize(issue.origin, `${limit}${issue.maximum}`);
    }
    case 'invalid_key':
      // A fault of the name itself, which this function has already described.
      return issue.issues[0]?.message;
    case 'invalid_union':
      return [...new Set(issue.errors.flatMap(([first]) => first?.message ?? []))].join(' or ');
    default:
      return undefined;
  }
};

function describeSize(origin: string, limit: string): string {
  const unit = units[origin];
  return `expected ${origin} to ${unit === undefined ? `be ${limit}` : `have ${limit} ${unit}`}`;
}
