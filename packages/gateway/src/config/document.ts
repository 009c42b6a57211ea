import type { LocalReferences } from './local-references.ts';
import type { Path } from './path.ts';
import type { Place, Problem } from './place.ts';

/** One document of a configuration file: plain values with their positions. */
export interface Document {
  readonly file: string;
  readonly value: unknown;
  /** For Kubernetes objects of a cluster. Undefined: from a file, with the defaults below. */
  readonly origin?: Origin;
  /**
   * Fields of an object that were applied, but dropped by the API server because its definition does not declare them.
   * Default: none.
   */
  readonly pruned?: readonly Path[];
  /** `urn:env:` and `urn:file:` references that its middlewares may use. Undefined: any, as in the operator's own files. */
  readonly localReferences?: LocalReferences | undefined;
  /**
   * The position of a value by its path, or of its nearest ancestor if it has none. A string's position is the start of its
   * text, inside the quotes; that of a mapping or list is that of its key, as is that of any value when `part` is `key`.
   */
  readonly placeOf: (path: Path, part?: EntryPart) => Place;
}

/** Permissions of Kubernetes objects, by their source; options of the provider of a cluster. */
export interface Origin {
  /** Whether an object may refer to a Middleware or Service of another namespace. Files: false. */
  readonly allowCrossNamespace: boolean;
  /** Whether a Service of type `ExternalName` is honoured. Files: true. */
  readonly allowExternalNameServices: boolean;
  /** Whether a Service without EndpointSlices has no servers; otherwise its cluster DNS name is used. Files: false. */
  readonly requireEndpointSlices: boolean;
  /** The only namespace whose TLSOption and TLSStore called `default` are used; empty: any. Files: any. */
  readonly defaultTlsNamespace: string;
  /** Whether the prefixes of an Ingress are whole elements of a path. Files: false. */
  readonly strictPrefixMatching: boolean;
}

/** The part of an entry whose position is looked up; default `value`. A number: that code unit of a string, from 0. */
export type EntryPart = 'key' | 'value' | number;

export interface ParsedDocuments {
  /** Empty when a problem is an error: an incomplete file is not served. */
  readonly documents: readonly Document[];
  readonly problems: readonly Problem[];
}
