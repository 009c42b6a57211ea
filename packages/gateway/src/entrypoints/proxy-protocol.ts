import { isIPv4, isIPv6 } from 'node:net';

/** The first bytes of a connection, read as a PROXY header. */
export type ProxyHeader =
  /** There is no header. */
  | { readonly kind: 'none' }
  /** More bytes are needed. */
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'invalid' }
  | {
      readonly kind: 'header';
      /** Bytes of the header. */
      readonly length: number;
      /**
       * Address of the caller; undefined: that of the connection, because the proxy connects on its own behalf or does not know the
       * caller.
       */
      readonly source: { readonly address: string; readonly port: number } | undefined;
    };

const signature1 = Buffer.from('PROXY');
const signature2 = Buffer.from('\r\n\r\n\0\r\nQUIT\n');
/** Maximum length of a line of version 1, in bytes. */
const maxLine = 107;
/**
 * Maximum length of version 2 after the length field, in bytes: an address block and optional values, such as a client
 * certificate.
 */
const maxRest = 4096;

const none = { kind: 'none' } as const;
const incomplete = { kind: 'incomplete' } as const;
const invalid = { kind: 'invalid' } as const;

/**
 * Reads a header of the PROXY protocol, version 1 or 2.
 *
 * @param bytes all bytes received on the connection.
 * @see https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt
 */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  if (startsWith(bytes, signature1)) return bytes.length < signature1.length ? incomplete : readLine(bytes);
  if (startsWith(bytes, signature2)) return bytes.length < signature2.length ? incomplete : readBinary(bytes);
  return none;
}

/** Whether the bytes are the beginning of a signature, or begin with it. */
const startsWith = (bytes: Buffer, signature: Buffer): boolean =>
  bytes.subarray(0, signature.length).equals(signature.subarray(0, bytes.length));

/** Section 2.1: `PROXY TCP4 192.0.2.1 192.0.2.2 51000 443`. */
function readLine(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, maxLine).indexOf('\n');
  if (end < 0) return bytes.length < maxLine ? incomplete : invalid;
  const line = bytes.toString('latin1', 0, end + 1);
  if (!line.endsWith('\r\n')) return invalid;
  const words = line.slice(0, -2).split(' ');
  const [name, family, source = '', destination = '', sourcePort, destinationPort] = words;
  if (name !== 'PROXY') return invalid;
  const length = end + 1;
  if (family === 'UNKNOWN') return { kind: 'header', length, source: undefined };
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isPlainIPv6 : undefined;
  const port = readPort(sourcePort);
  if (isAddress === undefined || words.length !== 6 || !isAddress(source) || !isAddress(destination))
    return invalid;
  if (port === undefined || readPort(destinationPort) === undefined) return invalid;
  return { kind: 'header', length, source: { address: source, port } };
}

const isPlainIPv6 = (text: string): boolean => isIPv6(text) && !text.includes('%');

function readPort(text = ''): number | undefined {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
}

/** Size of the two addresses, and of one address, by the byte of family and transport. */
const families: ReadonlyMap<number, { readonly block: number; readonly address: number }> = new Map([
  [0x00, { block: 0, address: 0 }],
  [0x11, { block: 12, address: 4 }],
  [0x12, { block: 12, address: 4 }],
  [0x21, { block: 36, address: 16 }],
  [0x22, { block: 36, address: 16 }],
  [0x31, { block: 216, address: 0 }],
  [0x32, { block: 216, address: 0 }],
]);

/** Section 2.2. */
function readBinary(bytes: Buffer): ProxyHeader {
  if (bytes.length < 16) return incomplete;
  const command = bytes.readUInt8(12);
  const family = families.get(bytes.readUInt8(13));
  const rest = bytes.readUInt16BE(14);
  const isLocal = command === 0x20;
  if ((!isLocal && command !== 0x21) || family === undefined || rest > maxRest) return invalid;
  // A proxy that connects on its own behalf may omit its address block.
  if (!isLocal && (family.block === 0 || rest < family.block)) return invalid;
  const length = 16 + rest;
  if (bytes.length < length) return incomplete;
  if (isLocal || family.address === 0) return { kind: 'header', length, source: undefined };
  return {
    kind: 'header',
    length,
    source: {
      address: toAddress(bytes.subarray(16, 16 + family.address)),
      port: bytes.readUInt16BE(16 + 2 * family.address),
    },
  };
}

function toAddress(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16));
  // In the canonical form of an address (RFC 5952).
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
