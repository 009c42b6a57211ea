// node scripts/extract-zip-entry.mjs ARCHIVE ENTRY FILE: extracts one entry of a ZIP archive as an executable file.
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { inflateRawSync } from 'node:zlib';

const [archive, entry, file] = process.argv.slice(2);
const bytes = readFileSync(archive);
const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
let at = bytes.readUInt32LE(end + 16);
for (let left = bytes.readUInt16LE(end + 10); left > 0; left -= 1) {
  const nameLength = bytes.readUInt16LE(at + 28);
  if (bytes.toString('utf8', at + 46, at + 46 + nameLength) === entry) {
    const method = bytes.readUInt16LE(at + 10);
    const size = bytes.readUInt32LE(at + 20);
    const header = bytes.readUInt32LE(at + 42);
    const start = header + 30 + bytes.readUInt16LE(header + 26) + bytes.readUInt16LE(header + 28);
    const packed = bytes.subarray(start, start + size);
    writeFileSync(file, method === 0 ? packed : inflateRawSync(packed), { mode: 0o755 });
    process.exit(0);
  }
  at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
}
console.error(`${archive} has no ${entry}`);
process.exit(1);
