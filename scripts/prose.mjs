// node scripts/prose.mjs [FILE...]: finds words and phrases that this project does not use, in every text that people read: pages,
// comments, and strings of more than one word (messages, help texts, names of tests). Default: all files. Prints one line per finding,
// and exits with 1 if there is one.
import { readFileSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';

/** Each phrase with a better one. The list is short and precise: every match is a mistake. */
const banned = [
  [/\banew\b/i, 'again'],
  [/\bfor ever\b/i, 'indefinitely'],
  [/\bunasked\b/i, 'unexpectedly'],
  [/\bturn and turn about\b/i, 'in turns'],
  [/\bagain and again\b/i, 'repeatedly'],
  [/\bin (?:the )?place of\b/i, 'instead of'],
  [/\bonce more\b/i, 'again'],
  [/\bfor as long as\b/i, 'while, until'],
  [/\b(?:is|are) to be\b/i, 'must be, is'],
  [/\b(?:is|are) none of\b/i, 'is not one of'],
  [/\bwhat (?:is|are) no\b/i, 'a noun: "an invalid ..."'],
  [/\b(?:cannot|to) be had\b/i, 'is unavailable'],
  [/\btold of\b/i, 'called with, called for'],
  [/\bcomes? to (?:an end|its end|nothing|the same|what)\b/i, 'ends, yields'],
  [/\bthe figures of\b/i, 'the metrics of'],
  [/\b(?:short|fast|node) lanes?\b/i, 'fast path, fallback'],
  [/\bguard(?:s|ing)?\b|\bsurroundings of\b/i, 'middleware, step, protect'],
  [/\bas (?:it|they) must be\b/i, 'as expected'],
  [/\b(?:is|are|be|was|were) spoken to\b/i, 'a request uses, is sent'],
  [/\bwhat (?:becomes|became|comes|came) of\b/i, 'the outcome, the result of'],
  [/\bthe same again\b/i, 'a repetition, unchanged'],
  [/\bto be (?:released|closed) exactly once\b/i, 'must be released'],
  [/\bnobody asks\b/i, 'is never requested'],
  [/\bwithout a word\b/i, 'silently'],
  [/\blets? go of\b/i, 'releases, drops, stops following'],
  [/\btakes? the place of\b/i, 'replaces'],
  [/\bsays? what is wrong\b/i, 'reports the problem, the fault'],
  [/\bwhat is (?:still )?(?:under way|in flight)\b/i, 'requests in flight'],
  [/\bwins over\b/i, 'takes precedence over'],
  [/\bin force\b/i, 'active'],
  [/\btold apart\b/i, 'distinguished'],
  [/\bfor so long\b/i, 'during this time'],
  [/\bleads? nowhere\b/i, 'cannot be resolved'],
  [/\b(?:is|are|be) held against\b/i, 'is compared with'],
  [/\blast good\b/i, 'last valid'],
  [/\bas (?:it|they) stands?\b/i, 'unchanged'],
];

/** A sentence in a comment that begins with a clause instead of a noun. Questions may. */
const bareClause = /\b(?<clause>What|Whatever|Whoever|Those (?:that|which|who))\s[^.?]*(?<end>\??)/g;
const beforeSentence = /(?:^\/\*\*?|^\/\/|[.;:]|\n\s*\*)\s*(?:\*\s*)?$/;

const root = fileURLToPath(new URL('..', import.meta.url));
const folders = ['bench', 'deploy', 'docs', 'examples', 'packages', 'scripts', 'test'];
const sources = new Set(['.ts', '.tsx', '.mjs', '.cjs', '.js']);
const texts = new Set([
  ...sources,
  '.md',
  '.yaml',
  '.yml',
  '.json',
  '.conf',
  '.cfg',
  '.lua',
  '.service',
  '.svg',
  '',
]);
// Dependencies, builds, recordings and texts of other projects, and the list above.
const skipped =
  /(?:^|\/)(?:node_modules|dist|bundle|testdata|LICENSE|scripts\/prose\.mjs|scripts\/traefik-parts)(?:\/|$)|\.tsbuildinfo$/;

function listFiles() {
  const below = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length)),
  );
  const above = [
    'README.md',
    'CHANGELOG.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    'Makefile',
    'eslint.config.mjs',
    'vitest.config.ts',
  ];
  return [...above, ...below].filter((file) => texts.has(extname(file)) && !skipped.test(file)).sort();
}

/** Comments and texts of a source, as start and end. */
function spansOfSource(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const spans = { comments: [], texts: [] };
  const visit = (node) => {
    const comments = [
      ...(ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []),
      ...(ts.getTrailingCommentRanges(text, node.getEnd()) ?? []),
    ];
    for (const { pos, end } of comments) spans.comments.push([pos, end]);
    const isText =
      ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);
    if (isText && /\s/.test(node.text)) spans.texts.push([node.getStart(source), node.getEnd()]);
    for (const child of node.getChildren(source)) if (!ts.isJSDoc(child)) visit(child);
  };
  visit(source);
  return spans;
}

/** The texts that people read: comments and strings with a space in sources, everything in other files. */
const spansOf = (file, text) =>
  sources.has(extname(file)) ? spansOfSource(file, text) : { comments: [], texts: [[0, text.length]] };

/** Bare clauses of some comments, each with its position. Ranges of comments may repeat. */
function findBareClauses(text, comments) {
  const found = new Map();
  for (const [start, end] of comments) {
    const comment = text.slice(start, end);
    for (const { index, groups } of comment.matchAll(bareClause)) {
      if (groups.end === '' && beforeSentence.test(comment.slice(0, index)))
        found.set(start + index, groups.clause);
    }
  }
  return found;
}

/** A phrase may continue in the next line, after the characters that begin a line of a comment or quotation. */
const anywhere = banned.map(([phrase, better]) => [
  new RegExp(phrase.source.replaceAll(' ', String.raw`\s+(?:(?:\*|//|#|>)\s+)?`), 'gi'),
  better,
]);

/** Findings in one text, each `file:line: "phrase": say ...`. */
export function check(file, text) {
  const { comments, texts } = spansOf(file, text);
  const spans = [...comments, ...texts];
  const lineOf = (index) => text.slice(0, index).split('\n').length;
  const phrases = anywhere.flatMap(([phrase, better]) =>
    Array.from(text.matchAll(phrase))
      .filter(({ index }) => spans.some(([start, end]) => index >= start && index < end))
      .map(
        ({ 0: found, index }) => `${file}:${lineOf(index)}: "${found.replace(/\s+/g, ' ')}": say ${better}`,
      ),
  );
  const clauses = Array.from(
    findBareClauses(text, comments),
    ([index, clause]) => `${file}:${lineOf(index)}: "${clause}": begin with the noun that it stands for`,
  );
  return [...phrases, ...clauses];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const files = process.argv.length > 2 ? process.argv.slice(2) : listFiles();
  const findings = files.flatMap((file) => check(file, readFileSync(join(root, file), 'utf8')));
  for (const finding of findings) console.error(finding);
  process.exitCode = findings.length > 0 ? 1 : 0;
}
