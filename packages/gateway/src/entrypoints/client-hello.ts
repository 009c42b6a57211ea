/** Kind of the first bytes of a connection. */
export type FirstBytes =
  | { readonly kind: 'incomplete' }
  /** Not TLS. */
  | { readonly kind: 'plain' }
  /** A TLS handshake, with the requested server name if there is one. */
  | { readonly kind: 'tls'; readonly serverName: string | undefined };

const incomplete: FirstBytes = Object.freeze({ kind: 'incomplete' });
const plain: FirstBytes = Object.freeze({ kind: 'plain' });
const unnamed: FirstBytes = Object.freeze({ kind: 'tls', serverName: undefined });

/** A record that begins a handshake (RFC 8446 section 5.1). */
const handshakeRecord = 22;
const maxRecordBytes = 16_384;
/** Maximum size of a ClientHello, in bytes: the TLS library refuses a larger one. */
const maxHelloBytes = 64 * 1024;

/** Whether a connection begins with a TLS handshake. */
export const isHandshake = (bytes: Buffer): boolean => bytes[0] === handshakeRecord;

/**
 * Finds the server name in a ClientHello (RFC 8446 section 4.1.2, RFC 6066 section 3), which may be spread over several records. No
 * name is found in a malformed one: the TLS library refuses it.
 */
export function readClientHello(bytes: Buffer): FirstBytes {
  if (bytes.length === 0) return incomplete;
  if (!isHandshake(bytes)) return plain;
  const parts: Buffer[] = [];
  let size = 0;
  for (let at = 0; ;) {
    if (at + 5 > bytes.length) return incomplete;
    const length = bytes.readUInt16BE(at + 3);
    if (bytes[at] !== handshakeRecord || length === 0 || length > maxRecordBytes) return unnamed;
    const part = bytes.subarray(at + 5, at + 5 + length);
    parts.push(part);
    size += part.length;
    if (size >= 4) {
      const hello = Buffer.concat(parts);
      const end = 4 + hello.readUIntBE(1, 3);
      if (hello[0] !== 1 || end > maxHelloBytes) return unnamed;
      if (hello.length >= end) return { kind: 'tls', serverName: findServerName(hello.subarray(4, end)) };
    }
    if (part.length < length) return incomplete;
    at += 5 + length;
  }
}

function findServerName(hello: Buffer): string | undefined {
  try {
    // Version and random value; then session ID, cipher suites and compression methods, each with its length.
    let at = 34;
    at += 1 + hello.readUInt8(at);
    at += 2 + hello.readUInt16BE(at);
    at += 1 + hello.readUInt8(at);
    const end = at + 2 + hello.readUInt16BE(at);
    for (at += 2; at < end;) {
      const type = hello.readUInt16BE(at);
      const length = hello.readUInt16BE(at + 2);
      if (type === 0) return readServerName(hello.subarray(at + 4, at + 4 + length));
      at += 4 + length;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return undefined;
}

/** The list has at most one host name. */
function readServerName(list: Buffer): string | undefined {
  const length = list.readUInt16BE(3);
  return list.readUInt8(2) === 0 ? list.toString('latin1', 5, 5 + length) : undefined;
}
