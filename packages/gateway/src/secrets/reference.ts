/** Source of a secret's value. */
export type Reference =
  | { readonly kind: 'kubernetes'; readonly namespace: string; readonly name: string; readonly key: string }
  | { readonly kind: 'env'; readonly variable: string }
  /** With `within`, only if the file is at or below one of these paths after symbolic links are resolved. */
  | { readonly kind: 'file'; readonly path: string; readonly within?: readonly string[] }
  /** Checks whether a file exists that is read elsewhere. */
  | { readonly kind: 'presence'; readonly path: string };

export type ParsedReference =
  /** The text is not a reference: it is the value itself. */
  | { readonly kind: 'none' }
  | { readonly kind: 'invalid'; readonly message: string }
  | { readonly kind: 'reference'; readonly reference: Reference; readonly warning: string | undefined };

const none: ParsedReference = Object.freeze({ kind: 'none' });
const secretName = /^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/;
const secretKey = /^[-._a-zA-Z0-9]+$/;
const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Parses a secret reference: `urn:k8s:secret:NAME:KEY`, looked up in `namespace` (`default` outside Kubernetes); the same in
 * Traefik Hub's older form `urn:k8s:NAME:NAME:KEY`, with a warning; `urn:env:VARIABLE`; `urn:file:PATH`. `urn`, `k8s`, `env` and
 * `file` match in any letter case (RFC 8141 section 3.1). Any other text, including other URNs, is the value itself.
 */
export function parseReference(text: string, namespace: string | undefined): ParsedReference {
  const match = /^urn:(k8s|env|file):/i.exec(text);
  if (match === null) return none;
  const rest = text.slice(match[0].length);
  switch (match[1]?.toLowerCase()) {
    case 'env':
      return variableName.test(rest)
        ? toReference({ kind: 'env', variable: rest })
        : invalid('expected urn:env:VARIABLE, the name of an environment variable');
    case 'file':
      return rest !== '' && !rest.includes('\0')
        ? toReference({ kind: 'file', path: rest })
        : invalid('expected urn:file:PATH');
    default:
      return parseKubernetes(rest, namespace ?? 'default');
  }
}

function parseKubernetes(rest: string, namespace: string): ParsedReference {
  const expected = 'expected urn:k8s:secret:NAME:KEY, the name of a Secret and a key in it';
  const [kind = '', name = '', key = '', ...more] = rest.split(':');
  if (more.length > 0 || !secretName.test(name) || !secretKey.test(key)) return invalid(expected);
  const reference = { kind: 'kubernetes', namespace, name, key } as const;
  if (kind === 'secret') return toReference(reference);
  if (kind !== name) return invalid(expected);
  return toReference(
    reference,
    `urn:k8s:${name}:${name}:${key} is deprecated: write urn:k8s:secret:${name}:${key}`,
  );
}

const invalid = (message: string): ParsedReference => ({ kind: 'invalid', message });

const toReference = (reference: Reference, warning?: string): ParsedReference => ({
  kind: 'reference',
  reference,
  warning,
});
