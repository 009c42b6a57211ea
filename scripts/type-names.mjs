// node scripts/type-names.mjs: one name, one type. Finds interfaces, type aliases, classes and enums whose name is declared in more than
// one file, and names that end in a participle ("Passed", "Held") or begin with one that is no word of the field ("SteppedResponse").
// Prints one line per finding, and exits with 1 if there is one.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';

const nouns = /(?:Need|Feed|Seed|Speed|Shed|Thread|Embed)$/;
/** The noun of JavaScript for a promise with its `resolve`. */
const allowed = new Set(['Deferred']);
const irregular =
  'Begun|Bound|Broken|Built|Chosen|Done|Found|Given|Gone|Held|Kept|Known|Lent|Made|Read|Seen|Sent|Taken|Told|Written';
const endsInParticiple = new RegExp(`(?:[a-z]ed|(?:^|[a-z])(?:${irregular}|PassedOver))$`);
const beginsWithParticiple = /^(?:Asked|Gone|Guarded|Had|Held|Kept|Lent|Made|Stepped|Told)[A-Z]/;

const isNamedType = (node) =>
  ts.isInterfaceDeclaration(node) ||
  ts.isTypeAliasDeclaration(node) ||
  ts.isClassDeclaration(node) ||
  ts.isEnumDeclaration(node);

/** Names of the types that a source declares, in functions too, with their lines. */
function declaredTypes(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  const types = new Map();
  const visit = (node) => {
    if (isNamedType(node) && node.name !== undefined && !types.has(node.name.text))
      types.set(node.name.text, source.getLineAndCharacterOfPosition(node.name.getStart(source)).line + 1);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return types;
}

const isParticiple = (name) =>
  !allowed.has(name) &&
  ((endsInParticiple.test(name) && !nouns.test(name)) || beginsWithParticiple.test(name));

/** Findings in texts, each with its file: `file:line: what is wrong`. */
export function check(texts) {
  const places = new Map();
  for (const [file, text] of texts)
    for (const [name, line] of declaredTypes(file, text))
      places.set(name, [...(places.get(name) ?? []), `${file}:${line}`]);
  return Array.from(places).flatMap(([name, [first, ...others]]) => [
    ...others.map((place) => `${place}: the type "${name}" is declared in ${first} too: rename one of them`),
    ...(isParticiple(name) ? [`${first}: the type "${name}" is a participle: name it with a noun`] : []),
  ]);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const files = readdirSync(join(root, 'packages'))
    .map((name) => `packages/${name}/src`)
    .concat('test', 'scripts')
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true }).map((file) => `${folder}/${file}`),
    )
    .filter((file) => /\.tsx?$/.test(file))
    .sort();
  const findings = check(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
  for (const finding of findings) console.error(finding);
  process.exitCode = findings.length > 0 ? 1 : 0;
}
