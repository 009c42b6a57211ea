/** A page of a list, or one resource. */
export interface ApiSuccess<T> {
  readonly ok: true;
  readonly value: T;
  /** Number of matching resources on all pages; only for a list. */
  readonly total: number;
}

/** The reason why there is no response to show. Status 0: the gateway was not reached. */
export interface ApiFailure {
  readonly ok: false;
  readonly status: number;
  readonly message: string;
}

export type ApiParameters = Readonly<Record<string, string | number | undefined>>;

export interface DashboardClient {
  /** Reads a resource below `/api/`. */
  readonly get: <T>(
    path: string,
    parameters?: ApiParameters,
    signal?: AbortSignal,
  ) => Promise<ApiSuccess<T> | ApiFailure>;
  /** Opens the stream of events. Rejects when the gateway cannot be reached. */
  readonly openEvents: (signal: AbortSignal) => Promise<Response>;
  /** The bearer token of later requests. It stays in memory, and appears neither in the URL nor in the browser's storage. */
  readonly setToken: (token: string) => void;
  /** How far the gateway's clock is ahead of this machine's, in milliseconds. */
  readonly clockOffset: () => number;
}

/** A `Date` header has a precision of seconds: a smaller difference does not count. */
const clockTolerance = 2_000;

const withParameters = (url: URL, parameters: ApiParameters): URL => {
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined && value !== '') url.searchParams.set(name, String(value));
  return url;
};

const messageOf = async (response: Response): Promise<string> => {
  const text = await response.text();
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown };
    if (typeof message === 'string') return message;
  } catch {
    // A proxy in between may respond with something else.
  }
  return text.slice(0, 200).trim() || response.statusText || `status ${response.status}`;
};

/**
 * Client of the gateway's API.
 *
 * @param base URL of `/api/`.
 * @param onUnauthorized called when the API requires a token, or another one.
 */
export function createApiClient(base: URL, onUnauthorized: () => void): DashboardClient {
  let token: string | undefined;
  let offset = 0;
  const send = async (url: URL, accept: string, signal: AbortSignal | undefined): Promise<Response> => {
    const headers = { accept, ...(token !== undefined && { authorization: `Bearer ${token}` }) };
    const options = { headers, cache: 'no-store', credentials: 'omit', ...(signal && { signal }) } as const;
    const response = await fetch(url, options);
    const date = Date.parse(response.headers.get('date') ?? '');
    const ahead = Number.isNaN(date) ? 0 : date - Date.now();
    offset = Math.abs(ahead) > clockTolerance ? ahead : 0;
    if (response.status === 401) onUnauthorized();
    return response;
  };
  return {
    async get<T>(
      path: string,
      parameters: ApiParameters = {},
      signal?: AbortSignal,
    ): Promise<ApiSuccess<T> | ApiFailure> {
      try {
        const response = await send(
          withParameters(new URL(path, base), parameters),
          'application/json',
          signal,
        );
        if (!response.ok)
          return { ok: false, status: response.status, message: await messageOf(response) } as const;
        const value = (await response.json()) as T;
        return { ok: true, value, total: Number(response.headers.get('x-total-count') ?? 0) } as const;
      } catch (error) {
        return { ok: false, status: 0, message: String(error) } as const;
      }
    },
    openEvents: (signal) => send(new URL('events', base), 'text/event-stream', signal),
    setToken(value) {
      token = value;
    },
    clockOffset: () => offset,
  };
}
