import type { Clock } from '@grantgate/middleware/base/clock';
import type { Channel } from '@grantgate/middleware/base/channel';
import type { Tracing } from '@grantgate/middleware/base/tracing';
import type { Stores } from '@grantgate/middleware/cache/stores';
import type { TokenCache } from '@grantgate/middleware/cache/token-cache';
import type { TokenTally } from '@grantgate/middleware/cache/token-tally';
import type { RenewalEvent } from '@grantgate/middleware/cache/renewal-event';
import type { EndpointStates } from '@grantgate/middleware/token/endpoint-state';
import type { DiscoveryEvent } from '@grantgate/middleware/token/discovery/discovery-event';
import type { KeysEvent } from '@grantgate/middleware/jwt/keys-event';
import type { z } from 'zod';
import type { MiddlewareConfig } from '../config/dynamic.ts';
import type { Problem } from '../config/place.ts';
import type { OptionRules } from '../config/structural-schema.ts';
import type { ReferenceLookUp, SharedSources } from '../secrets/resolve.ts';
import type { RefusalOfKind } from './refusal.ts';
import type { Step } from './step.ts';

/** The name of another object, as referred to by an entry of a configuration. */
export interface NamedObject {
  readonly name: string;
  /** Namespace of Kubernetes objects. */
  readonly namespace?: string | undefined;
}

/** Form of such names in a configuration format. */
export interface NameSchemas {
  readonly middleware: z.ZodType<NamedObject>;
  readonly service: z.ZodType;
}

/** Description of a kind of middleware: schemas, references and CustomResourceDefinitions derive from it. */
interface KindBase {
  /** Its name in a configuration. */
  readonly name: string;
  /** Whether its options are below `plugin`, as in Traefik Hub. */
  readonly isPlugin: boolean;
  /** One sentence for the reference. */
  readonly description: string;
  /** Its options. */
  readonly schema: (names: NameSchemas) => z.ZodType;
  /** Rules of a CustomResourceDefinition beyond the types of the options, by path. */
  readonly rules?: OptionRules;
}

/** A kind whose middlewares are composed of others. */
export interface CompositeKind extends KindBase {
  readonly schema: (names: NameSchemas) => z.ZodObject;
  /** The option that lists the others, outermost first. */
  readonly members: string;
  /**
   * Combines the steps of the members, which authenticate callers, into one. Without it, the members replace the middleware.
   *
   * @param name qualified name of the middleware.
   */
  readonly combine?: (name: string, members: readonly Step[]) => Step;
}

/** A composite kind whose middlewares are one step each. */
export type CombiningKind = CompositeKind & Required<Pick<CompositeKind, 'combine'>>;

/** A kind whose middlewares are steps themselves. */
export interface StepKind<Options extends object = object> extends KindBase {
  readonly members?: undefined;
  readonly combine?: undefined;
  /** The option that names a service. */
  readonly service?: string;
  /** Its own refusals; those of `oAuthClientCredentials` are common to all places that use it. */
  readonly refusals?: readonly RefusalOfKind[];
  /** Paths of options that name a Secret in the middleware's namespace, for the gateway to read from a cluster. */
  readonly secretOptions?: readonly (readonly string[])[];
  /** Parses the options of one middleware, after its references have been resolved. */
  readonly read: (config: MiddlewareConfig, sources: SharedSources) => OptionsResult<Options>;
  /** Whether a middleware with such options decides by a credential of each caller. Default: no. */
  readonly authenticatesCallers?: (options: Options) => boolean;
  /** Whether its middlewares are effective only before those that authenticate callers. Default: no. */
  readonly precedesAuthenticators?: boolean;
  /** Called once per process; creates the state that several middlewares share. */
  readonly createCompile: (deps: MiddlewareDeps) => Compile<Options>;
}

/** Creates the step of a middleware. @param name its qualified name. */
export type Compile<Options> = (options: Options, name: string) => Step;

export interface OptionsResult<Options> {
  /** Undefined for invalid options. */
  readonly options: Options | undefined;
  readonly problems: readonly Problem[];
  /** The resolution of its references. */
  readonly lookUps: readonly ReferenceLookUp[];
}

/** Dependencies that steps may use. */
export interface MiddlewareDeps {
  readonly clock: Clock;
  readonly cache: TokenCache;
  readonly stores: Stores;
  /** Default: each kind creates its own. */
  readonly endpoints?: EndpointStates | undefined;
  /** Opens a counter for the tokens of middlewares that share them. Default: nothing is counted. */
  readonly openTally?: (() => TokenTally) | undefined;
  /** Default: no effect. */
  readonly renewals?: Channel<RenewalReport> | undefined;
  /** Default: no effect. */
  readonly discoveries?: Channel<DiscoveryEvent> | undefined;
  /** Called with the outcomes of requests for key sets. Default: no effect. */
  readonly keys?: Channel<KeysReport> | undefined;
  /** Traces token requests. Default: nothing. */
  readonly tracing?: Tracing | undefined;
}

/** The outcome of a request for a key set. */
export interface KeysReport {
  /** Middlewares that share the key set. */
  readonly source: object;
  /** Undefined: none of them is in use any more. */
  readonly event: KeysEvent | undefined;
}

/** The outcome of a background renewal; the tally identifies its middlewares. */
export interface RenewalReport {
  readonly tally: TokenTally;
  readonly event: RenewalEvent;
}

export type MiddlewareKind = CompositeKind | StepKind;

export const isCombining = (kind: MiddlewareKind | undefined): kind is CombiningKind =>
  kind?.combine !== undefined;

/** A kind whose options have a type known only to its own code. */
export interface DefinedKind<Options extends object> extends StepKind {
  /** The parsed options of a middleware; undefined when it is of another kind, or broken. */
  readonly optionsOf: (read: {
    readonly kind: MiddlewareKind;
    readonly options: object | undefined;
  }) => Options | undefined;
}

/** A kind with its own type of options. */
export function defineKind<Options extends object>(definition: StepKind<Options>): DefinedKind<Options> {
  const kind: DefinedKind<Options> = Object.freeze({
    // The options always come from the `read` of the same kind.
    ...(definition as unknown as StepKind),
    optionsOf: (read: { readonly kind: MiddlewareKind; readonly options: object | undefined }) =>
      read.kind === kind ? (read.options as Options | undefined) : undefined,
  });
  return kind;
}
