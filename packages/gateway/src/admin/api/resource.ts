import type { z } from 'zod';
import type { ConfigurationViews } from './configuration-views.ts';
import type { ListPage } from './paging.ts';
import type { ProcessSource } from './process-source.ts';
import type { Survey } from './survey.ts';

/** Sources of a resource. */
export interface ResourceContext {
  readonly source: ProcessSource;
  readonly survey: Survey;
  /** Undefined before the first configuration. */
  readonly views: () => ConfigurationViews | undefined;
  readonly query: URLSearchParams;
  /** The decoded path segment at `{name}`; empty without one. */
  readonly name: string;
}

/** A query parameter, for the OpenAPI document. */
export interface ResourceParameter {
  readonly name: string;
  readonly description: string;
  readonly values?: readonly string[];
  readonly isNumber?: boolean;
}

interface ResourceBase {
  /** Path without `basePath`; `{name}` represents one segment at its end. */
  readonly path: string;
  /** One sentence. */
  readonly summary: string;
  /** Schema of one entry, if the resource is a list. */
  readonly shape: z.ZodType;
  /** Name of the shape in the OpenAPI document. */
  readonly schemaName: string;
  readonly parameters?: readonly ResourceParameter[];
}

/** A list, page by page. */
export interface ListResource extends ResourceBase {
  readonly kind: 'list';
  readonly read: (context: ResourceContext) => Promise<ListPage<unknown>>;
}

export interface SingleResource extends ResourceBase {
  readonly kind: 'single';
  /** Rejects with an ApiError. */
  readonly read: (context: ResourceContext) => Promise<unknown>;
}

/** Resources of the API. */
export type ApiResource = ListResource | SingleResource;
