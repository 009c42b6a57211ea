import { configurationSchemas } from '../configuration-schemas.ts';
import { schemaNames } from '../schema-names.ts';
import { formatCommandPage } from './command-page.ts';
import { formatMetricsPage } from './metrics-page.ts';
import { createOptionsPages, formatErrorsPage, formatOptionsPage } from './pages.ts';

/** The whole reference, `docs/reference`, by path within it; made from the schemas, the help, the tables of refusals and the catalogue of metrics. */
export function createReference(): ReadonlyMap<string, string> {
  const pages = new Map<string, string>();
  for (const [name, page] of Object.entries(createOptionsPages()))
    pages.set(`${name}.md`, formatOptionsPage(page));
  pages.set('cli.md', formatCommandPage());
  pages.set('errors.md', formatErrorsPage());
  pages.set('metrics.md', formatMetricsPage());
  for (const name of schemaNames)
    pages.set(`schema/${name}.json`, `${JSON.stringify(configurationSchemas[name](), null, 2)}\n`);
  const note = '<!-- Made by `make reference`: change the schemas, not this file. -->\n\n';
  return new Map([...pages].map(([path, text]) => [path, path.endsWith('.md') ? `${note}${text}` : text]));
}
