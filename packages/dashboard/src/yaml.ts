/** A text that YAML reads unchanged without quotes. */
const plain = /^[A-Za-z/][\w./@ -]*$/;
const reserved = /^(?:true|false|null|yes|no|on|off|~)$/i;

const scalar = (value: unknown): string => {
  if (typeof value !== 'string') return JSON.stringify(value);
  return plain.test(value) && !reserved.test(value) && !value.endsWith(' ') ? value : JSON.stringify(value);
};

const isEmpty = (value: object): boolean => Object.keys(value).length === 0;

/** Lines of a JSON value as readable YAML. */
function linesOf(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [scalar(value)];
  if (isEmpty(value)) return [Array.isArray(value) ? '[]' : '{}'];
  if (Array.isArray(value))
    return value.flatMap((item) => linesOf(item).map((line, index) => `${index === 0 ? '- ' : '  '}${line}`));
  return Object.entries(value).flatMap(([key, item]: [string, unknown]) => {
    const name = scalar(key);
    if (typeof item !== 'object' || item === null || isEmpty(item))
      return [`${name}: ${linesOf(item).join('')}`];
    return [`${name}:`, ...linesOf(item).map((line) => `  ${line}`)];
  });
}

/** JSON as YAML, the format of configurations. */
export const toYaml = (value: unknown): string => linesOf(value).join('\n');
