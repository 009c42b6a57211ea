/** The span of another process that a request belongs to (W3C Trace Context). */
export interface ParentContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  /** `tracestate` as received; undefined without one. */
  readonly traceState: string | undefined;
}

const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Maximum length of a forwarded `tracestate`, in characters (W3C Trace Context section 3.3.1.5 requires at least 512). */
const maxStateLength = 1024;

/**
 * Reads `traceparent` and `tracestate`; undefined without a valid `traceparent`, or with several.
 *
 * @see W3C Trace Context section 3.2
 */
export function readParentContext(rawHeaders: readonly string[]): ParentContext | undefined {
  let parent: string | undefined;
  let states: string | undefined;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    // Cheaper than converting every header to lower case.
    if (name.length !== 11 && name.length !== 10) continue;
    const lower = name.toLowerCase();
    if (lower === 'traceparent') {
      if (parent !== undefined) return undefined;
      parent = rawHeaders[at + 1] ?? '';
    } else if (lower === 'tracestate') {
      const value = rawHeaders[at + 1] ?? '';
      states = states === undefined ? value : `${states},${value}`;
    }
  }
  if (parent === undefined) return undefined;
  const [, version, traceId = '', spanId = '', flags = '', more] = form.exec(parent) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  const isShort = states !== undefined && states !== '' && states.length <= maxStateLength;
  return {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & 1,
    traceState: isShort ? states : undefined,
  };
}
