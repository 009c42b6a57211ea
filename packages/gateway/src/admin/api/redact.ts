/** References are shown with the time when their values were read. */
export interface RedactOptions {
  /** Milliseconds since the epoch; undefined: unknown. */
  readonly readAt: number | undefined;
}

/**
 * Options whose texts are shown, in lower case; a list has the name of its option. All other texts are hidden, so that a new option
 * reveals nothing before it is added here.
 */
const shown: ReadonlySet<string> = new Set(
  `url issuer issuers jwksurl address endpoint endpoints clientid audience scopes resource acceptedtokentypes claims forwardheaders
  usernameclaim username masterset keyprefix keyid algorithm type id header headerauthscheme query cookie tokenkey tokenquerykey
  headerfield realm usersfile jwksfile file clientauthentication scheme port host hostname path prefix prefixes regex replacement status
  service services middlewares expression names strategy period average burst requestheadername excludedips sourcerange
  accesscontrolallowheaders accesscontrolallowmethods accesscontrolalloworiginlist accesscontrolalloworiginlistregex
  accesscontrolexposeheaders allowedhosts hostsproxyheaders customframeoptionsvalue referrerpolicy permissionspolicy
  contentsecuritypolicy contentsecuritypolicyreportonly sslproxyheaders statusmap authresponseheaders authresponseheadersregex authrequestheaders
  addauthcookiestoresponse excludedcontenttypes includedcontenttypes encodings defaultencoding interval timeout method samesite domain
  filename directory filepath certfile keyfile kubeconfig context certauthfilepath namespaces labelselector ingressclass
  allowlocalreferences level format trustedips to statuscodes statusmap credentialsheader usernameheader problemheader middleware
  servername peercerturi entrypoint basepath mode defaultmode workers options scopeclaim requiredclaims cachettl algorithms
  introspectionurl tokentypehint subjecttokentype requestedtokentype tokentype`.split(/\s+/),
);

/** Maps whose values are shown, whatever their keys. */
const shownMaps: ReadonlySet<string> = new Set(['forwardheaders', 'sslproxyheaders', 'statusmap', 'names']);

/** Maps whose values may contain anything. */
const hiddenMaps: ReadonlySet<string> = new Set([
  'endpointparams',
  'headers',
  'customrequestheaders',
  'customresponseheaders',
]);

/** Names of options with secrets, whatever the type of their value. */
const secretName = /secret|passw|token$|^keys?$|credential|signature/i;

/** Maximum depth of the configuration to show. */
const maxDepth = 32;

/** A copy of a configuration without secrets: each becomes `[redacted]`, or its reference with the time at which it was read. */
export function redactOptions(value: unknown, options: RedactOptions): unknown {
  return redact(value, { name: '', isHidden: false, depth: 0 }, options);
}

interface RedactContext {
  /** Of the option, in lower case. */
  readonly name: string;
  readonly isHidden: boolean;
  readonly depth: number;
}

function redact(value: unknown, context: RedactContext, options: RedactOptions): unknown {
  const { name, isHidden, depth } = context;
  if (depth > maxDepth) return hidden;
  if (typeof value === 'string') return redactText(value, context, options);
  if (value === null || value === undefined || typeof value === 'boolean') return value;
  if (typeof value === 'number' || typeof value === 'bigint')
    return isHidden || (secretName.test(name) && !shown.has(name)) ? hidden : Number(value);
  if (Array.isArray(value))
    return value.map((item) => redact(item, { ...context, depth: depth + 1 }, options));
  if (value instanceof Map) return redact(Object.fromEntries(value), context, options);
  if (typeof value !== 'object' || value instanceof Date || 'reveal' in value) return hidden;
  const entries = Object.entries(value).map(([key, item]) => {
    const own = key.toLowerCase();
    const below: RedactContext = {
      name: shownMaps.has(name) ? name : own,
      isHidden: isHidden || (hiddenMaps.has(own) && name !== 'fields'),
      depth: depth + 1,
    };
    return [key, redact(item, below, options)];
  });
  return Object.fromEntries(entries);
}

const hidden = '[redacted]';

function redactText(text: string, { name, isHidden }: RedactContext, { readAt }: RedactOptions): string {
  if (/^urn:(?:k8s|env|file):/i.test(text)) {
    const at = readAt === undefined ? '' : `, read ${new Date(readAt).toISOString().slice(11, 19)}`;
    return `[redacted: ${text}${at}]`;
  }
  if (text === '') return text;
  if (isHidden || !shown.has(name)) return hidden;
  return text.includes('-----BEGIN') ? hidden : redactUrl(text);
}

/** A URL without user, password and query values. */
export function redactUrl(text: string): string {
  if (!text.includes('://')) return text;
  return text
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^/?#\s]*@/gi, '$1[redacted]@')
    .replace(/([?&][^=&#\s]*=)[^&#\s]+/g, '$1[redacted]');
}
