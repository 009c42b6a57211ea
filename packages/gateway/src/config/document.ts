import type { LocalReferences } from './local-references.ts';
import type { Path } from './path.ts';
import type { Place, Problem } from './place.ts';

/** One document of a configuration file: plain values, each with its place. */
export interface Document {
  readonly file: string;
  readonly value: unknown;
  /** Of Kubernetes objects that come from a cluster. Undefined: from a file, where the defaults hold. */
  readonly origin?: Origin;
  /** Fields of an object of a cluster that were applied and dropped by the API server, which does not know them. Default: none. */
  readonly pruned?: readonly Path[];
  /** `urn:env:` and `urn:file:` references that its middlewares may use. Undefined: any, as in the operator's own files. */
  readonly localReferences?: LocalReferences | undefined;
  /**
   * The place of a value by its path; of its nearest ancestor when it has none of its own. A string's place is where its
   * text begins, inside the quotes; a mapping's or a list's is that of its key, as is any value's when `part` is `key`.
   */
  readonly placeOf: (path: Path, part?: EntryPart) => Place;
}

/** What Kubernetes objects may do, by where they come from; the options of a provider of a cluster. */
export interface Origin {
  /** Whether an object may refer to a Middleware or Service of another namespace. Files: false. */
  readonly allowCrossNamespace: boolean;
  /** Whether a Service of type `ExternalName` is honoured. Files: true. */
  readonly allowExternalNameServices: boolean;
  /** Whether a Service without EndpointSlices has no servers; otherwise its cluster DNS name stands in for them. Files: false. */
  readonly requireEndpointSlices: boolean;
  /** The only namespace whose TLSOption and TLSStore called `default` are used; empty: any. Files: any. */
  readonly defaultTlsNamespace: string;
  /** Whether the prefixes of an Ingress are whole elements of a path. Files: false. */
  readonly strictPrefixMatching: boolean;
}

/** The part of an entry whose place is looked up; default `value`. A number: that code unit of a string, from 0. */
export type EntryPart = 'key' | 'value' | number;

export interface ParsedDocuments {
  /** Empty when a problem is an error: half a file is not served. */
  readonly documents: readonly Document[];
  readonly problems: readonly Problem[];
}
