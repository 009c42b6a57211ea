import { describe, expect, it } from 'vitest';
import { spellingsOf } from '../../../testkit/src/header-spellings.ts';
import { classifyHeader } from './header-class.ts';

describe("a request's header", () => {
  it.each([
    ['connection', 'dropped'],
    ['te', 'dropped'],
    ['transfer-encoding', 'framing'],
    ['content-length', 'framing'],
    ['content-type', 'essential'],
    ['expect', 'dropped'],
    ['x-request-id', 'dropped'],
    ['x-forwarded-for', 'forwarded'],
    ['x-real-ip', 'forwarded'],
    ['accept', 'ordinary'],
    ['x-tenant', 'ordinary'],
  ])('%s is %s in every spelling', (name, kind) => {
    const capitals = name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
    for (const spelling of [name, name.toUpperCase(), capitals, ...spellingsOf(name)])
      expect(classifyHeader(spelling)).toEqual({ name, kind });
  });
});
