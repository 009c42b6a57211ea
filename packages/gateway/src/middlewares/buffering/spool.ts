import { randomUUID } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Bytes per read from a file. */
const readBytes = 64 * 1024;

/** Stores a body: in memory up to a limit, beyond it in an unlinked temporary file that nobody else can open. */
export class Spool {
  /** Bytes received so far. */
  size = 0;
  readonly #maxMemoryBytes: number;
  #parts: Buffer[] = [];
  #file: Promise<FileHandle> | undefined;
  #isClosed = false;

  constructor(maxMemoryBytes: number) {
    this.#maxMemoryBytes = maxMemoryBytes;
  }

  /**
   * Stores a part, whose bytes must not change. Must not be called again before the last call has resolved.
   *
   * @returns undefined when the part is already stored.
   */
  append(part: Buffer): Promise<void> | undefined {
    this.size += part.length;
    if (this.#file === undefined && this.size <= this.#maxMemoryBytes) {
      this.#parts.push(part);
      return undefined;
    }
    const parts = [...this.#parts, part];
    this.#parts = [];
    return this.#write(parts);
  }

  /** The whole body, if it is in memory. */
  whole(): Buffer | undefined {
    return this.#file === undefined ? Buffer.concat(this.#parts) : undefined;
  }

  /** Passes the parts on in turn, each once the promise of the previous one has resolved. */
  async read(onPart: (part: Buffer) => Promise<void> | undefined): Promise<void> {
    const file = await this.#file;
    if (file === undefined) {
      for (const part of this.#parts) await onPart(part);
      return;
    }
    for (let at = 0; at < this.size && !this.#isClosed;) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(readBytes), 0, readBytes, at);
      if (bytesRead === 0) throw new Error('the temporary file is shorter than the body');
      at += bytesRead;
      await onPart(buffer.subarray(0, bytesRead));
    }
  }

  /** Releases memory and file. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#parts = [];
    this.#file?.then((file) => file.close()).catch(() => {});
  }

  async #write(parts: readonly Buffer[]): Promise<void> {
    const file = await (this.#file ??= openNameless());
    if (this.#isClosed) return;
    for (const part of parts) await file.writeFile(part);
  }
}

async function openNameless(): Promise<FileHandle> {
  const path = join(tmpdir(), `grantgate-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  try {
    await unlink(path);
  } catch (error) {
    await file.close();
    throw error;
  }
  return file;
}
