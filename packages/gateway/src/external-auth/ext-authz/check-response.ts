import { bytesField, numberField } from './protobuf.ts';

/** Encodes an `envoy.service.auth.v3.CheckResponse` that allows the request. */
export function writeOkResponse(options: {
  /** Name and value in turn, values in Node.js's form (Latin-1). */
  readonly headers: readonly string[];
  readonly remove: readonly string[];
  /** For Envoy's access log. */
  readonly metadata: Readonly<Record<string, string>>;
}): Buffer {
  const ok = Buffer.concat([
    ...toHeaderOptions(options.headers),
    ...options.remove.map((name) => bytesField(5, name)),
  ]);
  const fields = Object.entries(options.metadata).map(([key, value]) =>
    bytesField(1, Buffer.concat([bytesField(1, key), bytesField(2, bytesField(3, value))])),
  );
  // Some versions read an unset status as OK, and others as a refusal: it is always set. OK is 0, which is encoded as nothing.
  return Buffer.concat([bytesField(1, ''), bytesField(3, ok), bytesField(4, Buffer.concat(fields))]);
}

/** Encodes a refusal. @param code of google.rpc.Code, not 0. */
export function writeDeniedResponse(options: {
  readonly code: number;
  /** HTTP status. */
  readonly status: number;
  /** Name and value in turn. */
  readonly headers: readonly string[];
  readonly body: string;
}): Buffer {
  const denied = Buffer.concat([
    bytesField(1, numberField(1, options.status)),
    ...toHeaderOptions(options.headers),
    bytesField(3, options.body),
  ]);
  return Buffer.concat([bytesField(1, numberField(1, options.code)), bytesField(2, denied)]);
}

/** `HeaderValueOption`s with `append` false replace the caller's headers with those names. */
function toHeaderOptions(headers: readonly string[]): Buffer[] {
  const options: Buffer[] = [];
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const value = Buffer.from(headers[at + 1] ?? '', 'latin1');
    const header = Buffer.concat([bytesField(1, (headers[at] ?? '').toLowerCase()), bytesField(2, value)]);
    options.push(bytesField(2, Buffer.concat([bytesField(1, header), bytesField(2, '')])));
  }
  return options;
}
