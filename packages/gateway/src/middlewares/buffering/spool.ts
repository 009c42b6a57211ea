import { randomUUID } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Bytes that are read from a file at once. */
const readBytes = 64 * 1024;

/** Keeps a body: in memory up to a limit, beyond it in a temporary file that nobody else can open, and that has no name any more. */
export class Spool {
  /** Bytes that it has been given. */
  size = 0;
  readonly #maxMemoryBytes: number;
  #parts: Buffer[] = [];
  #file: Promise<FileHandle> | undefined;
  #isClosed = false;

  constructor(maxMemoryBytes: number) {
    this.#maxMemoryBytes = maxMemoryBytes;
  }

  /**
   * Takes a part, whose bytes must stay as they are. Called again only when the last call has resolved.
   *
   * @returns undefined when it has been taken already.
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

  /** All of it, when it is in memory. */
  whole(): Buffer | undefined {
    return this.#file === undefined ? Buffer.concat(this.#parts) : undefined;
  }

  /** Gives the parts in turn; once the promise of one has resolved, the next is given. */
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
