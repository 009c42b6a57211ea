const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const mediaType = new RegExp(`^\\s*(${token}/${token}|${token})\\s*(?:;.*)?$`, 's');

/** A media type without its parameters, in lower case (RFC 9110 section 8.3.1); undefined for invalid text. */
export const readMediaType = (text: string): string | undefined => mediaType.exec(text)?.[1]?.toLowerCase();

/** Content types to compress. */
export interface ContentTypes {
  /** Media types in lower case; empty: all except the excluded ones. */
  readonly included: ReadonlySet<string>;
  readonly excluded: ReadonlySet<string>;
}

/** gRPC compresses its messages itself, and its frames must not wait in a compressor. */
export const isExcluded = (type: string, { excluded }: ContentTypes): boolean =>
  excluded.has(type) || /^application\/grpc(?:$|[+-])/.test(type);

/** Whether responses of a content type are compressed. @param value of `Content-Type`; undefined when there is none. */
export function isCompressed(value: string | undefined, types: ContentTypes): boolean {
  const { included } = types;
  if (value === undefined) return included.size === 0;
  const type = readMediaType(value);
  // An unparsable type is not compressed, as in Traefik.
  if (type === undefined || isExcluded(type, types)) return false;
  return included.size === 0 || included.has(type);
}
