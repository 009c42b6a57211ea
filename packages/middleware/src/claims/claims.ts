/** A JSON number as written in the token: `1516239022` never becomes `1.516239022e+09`. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type JsonValue = null | boolean | string | JsonNumber | readonly JsonValue[] | JsonObject;

/** Own properties only: look a key up with `Object.hasOwn`, never through the prototype. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** The claims of a token (RFC 7519 section 4), with numbers as written. */
export type Claims = JsonObject;
