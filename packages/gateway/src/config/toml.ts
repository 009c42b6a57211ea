import { createRequire } from 'node:module';
import type { TomlError } from 'smol-toml';
import type * as smolToml from 'smol-toml';
import type { ParsedDocuments } from './document.ts';
import { valueAt } from './path.ts';
import { placeKey, placeInString, scanToml } from './toml-places.ts';

/** Loaded when there is a TOML file. */
const loadParser = (): typeof smolToml => createRequire(import.meta.url)('smol-toml') as typeof smolToml;

/** Parses TOML 1.0; one file is one document. */
export function parseToml(text: string, file: string): ParsedDocuments {
  const { TomlError, parse } = loadParser();
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    const at = error instanceof TomlError ? error : { line: 1, column: 1 };
    return {
      documents: [],
      problems: [
        {
          severity: 'error',
          place: { file, line: at.line, column: at.column },
          code: 'syntax',
          path: '',
          message: error instanceof TomlError ? describe(error) : 'is nested too deeply',
        },
      ],
    };
  }
  const places = scanToml(text);
  return {
    documents: [
      {
        file,
        value,
        placeOf(path, part) {
          for (let length = path.length; length > 0; length -= 1) {
            const found = places.get(placeKey(path.slice(0, length)));
            if (found === undefined) continue;
            if (
              typeof part === 'number' &&
              length === path.length &&
              typeof valueAt(value, path) === 'string'
            )
              return { file, ...placeInString(text, found, part) };
            return { file, line: found.line, column: part === 'key' ? found.key : found.value };
          }
          return { file, line: 1, column: 1 };
        },
      },
    ],
    problems: [],
  };
}

/** The first line of the parser's message; the lines below it quote the source, which could be a secret. */
function describe(error: TomlError): string {
  return (error.message.split('\n', 1)[0] ?? '').replace(/^Invalid TOML document: /, '').replace(/: .*$/, '');
}
