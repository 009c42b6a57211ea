import { nearestName } from '@grantgate/middleware/base/names';

/** Error for a function that does not exist. */
export function describeUnknown(name: string, functions: ReadonlySet<string>): string {
  if (['include', 'lookup', 'required', 'toYaml', 'fromYaml', 'tpl'].includes(name))
    return `the function ${name} belongs to Helm: render the chart first, for example with helm template`;
  const near = nearestName(name, [...functions]);
  return `the function ${name} is not supported${near === undefined ? '' : `: did you mean ${near}?`}`;
}
