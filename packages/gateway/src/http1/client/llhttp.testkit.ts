import { createRequire } from 'node:module';
import { createReading, type ResponseReading, type ResponseReadOptions } from './read-response.testkit.ts';

/** The used exports of undici's build of llhttp. */
interface Llhttp {
  readonly memory: { readonly buffer: ArrayBuffer };
  malloc(bytes: number): number;
  free(pointer: number): void;
  llhttp_alloc(type: number): number;
  llhttp_free(parser: number): void;
  llhttp_execute(parser: number, data: number, length: number): number;
  llhttp_finish(parser: number): number;
}
interface WasmModules {
  readonly Module: new (bytes: Buffer) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

const typeResponse = 2;
const skipBody = 1;

/** Reads responses with llhttp, Node.js's parser, with its default strictness. */
export function createLlhttpReader(): (
  parts: readonly Buffer[],
  options?: ResponseReadOptions,
) => ResponseReading {
  const { Module, Instance } = (globalThis as unknown as { WebAssembly: WasmModules }).WebAssembly;
  const wasm = createRequire(import.meta.url)('undici/lib/llhttp/llhttp-wasm.js') as Buffer;
  let reading = createReading();
  let pairs: string[] = [];
  let method = 'GET';
  let awaitsValue = false;
  const textAt = (at: number, length: number): string =>
    Buffer.from(llhttp.memory.buffer, at, length).toString('latin1');
  const instance = new Instance(new Module(wasm), {
    env: {
      wasm_on_url: () => 0,
      wasm_on_status: () => 0,
      wasm_on_message_begin: () => 0,
      // Names and values may both arrive in pieces; a piece of a name after a value begins the next header.
      wasm_on_header_field(_parser: number, at: number, length: number) {
        if (awaitsValue) pairs.push(`${pairs.splice(-2, 2)[0] ?? ''}${textAt(at, length)}`, '');
        else pairs.push(textAt(at, length), '');
        awaitsValue = true;
        return 0;
      },
      wasm_on_header_value(_parser: number, at: number, length: number) {
        pairs.push(`${pairs.pop() ?? ''}${textAt(at, length)}`);
        awaitsValue = false;
        return 0;
      },
      wasm_on_headers_complete(_parser: number, status: number) {
        if (reading.complete) return 0;
        if (status < 200 && status !== 101) {
          reading.interim.push(status);
        } else {
          reading.status = status;
          reading.headers = toHeaders(pairs);
        }
        pairs = [];
        awaitsValue = false;
        return method === 'HEAD' ? skipBody : 0;
      },
      wasm_on_body(_parser: number, at: number, length: number) {
        if (!reading.complete) reading.body += textAt(at, length);
        return 0;
      },
      wasm_on_message_complete() {
        if (reading.status === 0 || reading.complete) return 0;
        reading.complete = true;
        reading.trailers = toHeaders(pairs);
        return 0;
      },
    },
  });
  const llhttp = instance.exports as Llhttp;
  const finish = (parser: number): string | undefined => {
    const code = llhttp.llhttp_finish(parser);
    if (code !== 0) return `llhttp error ${code} at the end`;
    return reading.complete ? undefined : 'an end before the end of the answer';
  };
  return (parts, options = {}) => {
    reading = createReading();
    pairs = [];
    awaitsValue = false;
    method = options.method ?? 'GET';
    const parser = llhttp.llhttp_alloc(typeResponse);
    for (const part of parts) {
      const pointer = llhttp.malloc(part.length);
      new Uint8Array(llhttp.memory.buffer).set(part, pointer);
      const code = llhttp.llhttp_execute(parser, pointer, part.length);
      llhttp.free(pointer);
      // Bytes after the response are not part of it.
      if (reading.complete) break;
      if (code !== 0) reading.refused = `llhttp error ${code}`;
      if (code !== 0) break;
    }
    if (options.ends === true && !reading.complete && reading.refused === undefined)
      reading.refused = finish(parser);
    llhttp.llhttp_free(parser);
    return reading;
  };
}

function toHeaders(pairs: readonly string[]): string[] {
  return pairs.map((text, at) => (at % 2 === 0 ? text.toLowerCase() : text.replace(/^[\t ]+|[\t ]+$/g, '')));
}
