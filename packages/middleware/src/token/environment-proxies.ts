/** Proxies from the environment; an empty text means none. */
export interface EnvironmentProxies {
  readonly httpProxy: string;
  readonly httpsProxy: string;
  readonly noProxy: string;
  /** Fault of a variable, named without its value, which may contain a password. */
  readonly fault: string | undefined;
}

/** Reads `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, preferring lower case. */
export function readProxies(env: Readonly<Record<string, string | undefined>>): EnvironmentProxies {
  const read = (name: string): string => (env[name.toLowerCase()] ?? env[name] ?? '').trim();
  // As in curl, a host and a port suffice.
  const toUrl = (text: string): string => (text === '' || text.includes('://') ? text : `http://${text}`);
  const httpProxy = toUrl(read('HTTP_PROXY'));
  const httpsProxy = toUrl(read('HTTPS_PROXY'));
  const wrong = httpProxy !== '' && !isProxyUrl(httpProxy) ? 'HTTP_PROXY' : 'HTTPS_PROXY';
  const isRight = [httpProxy, httpsProxy].every((text) => text === '' || isProxyUrl(text));
  return isRight
    ? { httpProxy, httpsProxy, noProxy: read('NO_PROXY'), fault: undefined }
    : {
        httpProxy: '',
        httpsProxy: '',
        noProxy: '',
        fault: `${wrong} is not the http or https URL of a proxy`,
      };
}

const isProxyUrl = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
