import type { ParsedDocuments } from './document.ts';
import { parseToml } from './toml.ts';
import { createParseYaml } from './yaml-stream.ts';
import { parseYaml } from './yaml.ts';

/** Parses a file by its name: `.toml` as TOML, everything else as YAML, which includes JSON. Never throws. */
export function parseDocuments(text: string, file: string): ParsedDocuments {
  return file.toLowerCase().endsWith('.toml') ? parseToml(text, file) : parseYaml(text, file);
}

/** Parses successive versions of one file: unchanged parts are not parsed again where possible. */
export function createParseDocuments(file: string): (text: string) => ParsedDocuments {
  return file.toLowerCase().endsWith('.toml') ? (text) => parseToml(text, file) : createParseYaml(file);
}
