import { normalizeHeaderName } from '@grantgate/middleware/base/header-name';
import type { z } from 'zod';
import { replaceHeaders, toHeaderBytes } from '../../http1/message/header-list.ts';
import { defineKind } from '../kind.ts';
import { unchanged, type Step } from '../step.ts';
import { readFilter } from './read-filter.ts';
import { headerModifierSchema } from './schemas.ts';

type HeaderModifierOptions = z.output<typeof headerModifierSchema>;

/** The filter `RequestHeaderModifier` of an HTTPRoute. */
export const requestHeaderModifier = defineKind<HeaderModifierOptions>({
  name: 'requestHeaderModifier',
  isPlugin: false,
  description: 'Sets, adds and removes headers of requests.',
  schema: () => headerModifierSchema,
  read: (config) => readFilter(headerModifierSchema, config),
  createCompile: () => compileRequest,
});

/** The filter `ResponseHeaderModifier` of an HTTPRoute. */
export const responseHeaderModifier = defineKind<HeaderModifierOptions>({
  name: 'responseHeaderModifier',
  isPlugin: false,
  description: 'Sets, adds and removes headers of responses.',
  schema: () => headerModifierSchema,
  read: (config) => readFilter(headerModifierSchema, config),
  createCompile: () => compileResponse,
});

const isHost = ({ name }: { readonly name: string }): boolean => name.toLowerCase() === 'host';
const toList = (headers: HeaderModifierOptions['set']): readonly string[] =>
  headers.flatMap(({ name, value }) => [name, toHeaderBytes(value)]);

/** As Gateway API specifies, removal also applies to names that are set or added. */
function compileRequest({ set, add, remove }: HeaderModifierOptions, name: string): Step {
  const removed = new Set(remove.map((one) => one.toLowerCase()));
  const stays = (header: { readonly name: string }): boolean =>
    !removed.has(header.name.toLowerCase()) && !isHost(header);
  const host = [...set, ...add].filter(isHost).at(-1)?.value;
  const setHeaders = Object.freeze(toList(set.filter(stays)));
  const setNames = new Set(set.map((header) => header.name.toLowerCase()));
  const added = add.filter(stays);
  // Several values of one name include those of the caller, unless the header was set.
  const kept = added.map((header) => header.name.toLowerCase()).filter((one) => !setNames.has(one));
  const removeHeaders = new Set(
    [...set.filter((header) => !isHost(header)), ...added, ...remove.map((one) => ({ name: one }))].map(
      (header) => normalizeHeaderName(header.name),
    ),
  );
  const addHeaders = toList(added);
  const fixed = Object.freeze([...setHeaders, ...addHeaders]);
  if (removeHeaders.size === 0 && host === undefined)
    return Object.freeze({ name, onRequest: () => unchanged });
  return Object.freeze({
    name,
    onRequest(request) {
      const before = kept.flatMap((one) => {
        const value = request.header(one);
        return value === undefined ? [] : [one, value];
      });
      return {
        allowed: true,
        setHeaders: before.length === 0 ? fixed : [...before, ...fixed],
        removeHeaders,
        ...(host !== undefined && { host }),
      };
    },
  } satisfies Step);
}

function compileResponse({ set, add, remove }: HeaderModifierOptions, name: string): Step {
  const removed = new Set(remove.map((one) => one.toLowerCase()));
  const stays = (header: { readonly name: string }): boolean => !removed.has(header.name.toLowerCase());
  const dropped = new Set([...removed, ...set.map((header) => header.name.toLowerCase())]);
  const added = [...toList(set.filter(stays)), ...toList(add.filter(stays))];
  return Object.freeze({
    name,
    onRequest: () => unchanged,
    onResponse: (headers) => replaceHeaders(headers, dropped, added),
  } satisfies Step);
}
