import type { IncomingMessage } from 'node:http';

/**
 * The head of a request as it would be without its wish for another protocol, which a server may leave unfulfilled
 * (RFC 9110 section 7.8). Clients send `Upgrade: h2c` with their first request, whatever its method and body.
 */
export function withoutUpgrade({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  let head = `${method ?? ''} ${url ?? ''} HTTP/${httpVersion}\r\n`;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    const value = rawHeaders[at + 1] ?? '';
    if (name.toLowerCase() === 'upgrade') continue;
    head += `${name}: ${name.toLowerCase() === 'connection' ? withoutOption(value) : value}\r\n`;
  }
  return Buffer.from(`${head}\r\n`, 'latin1');
}

function withoutOption(value: string): string {
  const options = value.split(',').map((option) => option.trim());
  return options.filter((option) => option.toLowerCase() !== 'upgrade').join(', ');
}
