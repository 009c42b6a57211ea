import { fileURLToPath } from 'node:url';
import { secretLimit } from '@grantgate/middleware/base/file-error';
import { readRegularFileSync } from '@grantgate/middleware/base/read-regular-file';
import { configurationSchemas } from '../configuration-schemas.ts';
import { listOptions } from './options.ts';
import { unservedOptions } from '../../config/unserved-options.ts';
import { differences, notServed } from './traefik-differences.ts';

/** Version of Traefik whose options are listed in `traefik/`, by `scripts/list-traefik-options`. */
const version = '3.7.13';

/** How grantgate treats an option of Traefik. */
export interface TraefikOption {
  /** `http.routers.NAME.rule` */
  readonly path: string;
  readonly outcome: 'same' | 'different' | 'not served';
  /** Empty for an option that works as in Traefik. */
  readonly reason: string;
}

/** The options of a part of Traefik's configuration: a single one for a branch without any served option. */
export function listTraefikOptions(part: 'dynamic' | 'static'): readonly TraefikOption[] {
  const served = new Set(
    listOptions(configurationSchemas[part === 'dynamic' ? 'routes' : 'install']()).map(({ path }) =>
      path.toLowerCase(),
    ),
  );
  const options: TraefikOption[] = [];
  let closed: string | undefined;
  for (const path of readList(part)) {
    if (closed !== undefined && (path.startsWith(`${closed}.`) || path.startsWith(`${closed}[`))) continue;
    const isServed = served.has(path.toLowerCase());
    closed = isServed ? undefined : path;
    const reason = isServed ? (differences[path] ?? '') : findReason(path);
    options.push({
      path,
      outcome: !isServed ? 'not served' : reason === '' ? 'same' : 'different',
      reason,
    });
  }
  return options;
}

/** The source and the compiled file have the same distance to the lists. */
const readList = (part: string): readonly string[] =>
  readRegularFileSync(
    fileURLToPath(new URL(`../../../src/cli/reference/traefik/${part}.txt`, import.meta.url)),
    secretLimit,
  )
    .toString()
    .split('\n')
    .filter((line) => line !== '');

/** Reason of the option, or of its nearest ancestor. */
function findReason(path: string): string {
  const warning = unservedOptions.find(({ path: pattern }) => toPattern(pattern).test(path));
  if (warning !== undefined) return `${warning.reason[0]?.toUpperCase()}${warning.reason.slice(1)}.`;
  for (let at = path; at !== ''; at = at.replace(/(?:^|\.|\[\])[^.[\]]*(?:\[\])?$/, '')) {
    const reason = notServed[at];
    if (reason !== undefined) return reason;
  }
  return '';
}

/** `*` matches any name. */
const toPattern = (pattern: string): RegExp =>
  new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^.]+')}(?:$|[.[])`, 'i');

/** The page that compares all options. */
export function formatTraefikPage(): string {
  const table = (part: 'dynamic' | 'static'): string =>
    listTraefikOptions(part)
      .map(({ path, outcome, reason }) => `| \`${path}\` | ${outcome} | ${reason} |\n`)
      .join('');
  const head = '| option of Traefik | here | reason |\n| --- | --- | --- |\n';
  return `# Options of Traefik ${version}

Every option of Traefik's files, and how grantgate treats it. A branch without any served option has one row. \`grantgate check\` reports
each use of an option that is not served, with its place. Options that Traefik does not have are on the pages of the [install configuration](install.md) and of
[routes](routes.md).

## Routes

${head}${table('dynamic')}
## Install configuration

${head}${table('static')}`;
}
