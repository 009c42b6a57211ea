import type { StickyConfig, WeightedConfig, WeightedMember } from '../config/dynamic.ts';
import type { Service } from './load-balancer.ts';
import { createRendezvous } from './rendezvous.ts';
import { createRoundRobin } from './round-robin.ts';
import { findCookie, toFormerIds, toStickyCookie, toStickyId } from './sticky.ts';
import type { BalancingFacts, Destination, UpstreamServer } from './upstream.ts';

/** A child of a weighted service. */
type Child = WeightedMember & { readonly service: Service };

type Bind = (destination: Destination) => Destination;

/** Skips children without a healthy server. @param children weights above 0. */
export function createWeighted(
  { strategy, sticky }: Pick<WeightedConfig, 'strategy' | 'sticky'>,
  children: readonly Child[],
): Service {
  const choose = createChooseChild(strategy, children);
  const cookies = sticky && createChildCookies(sticky, children);
  const pickFrom = (
    child: Child,
    facts: BalancingFacts,
    tried: ReadonlySet<UpstreamServer> | undefined,
  ): Destination | undefined => {
    const picked = child.service.pick(facts, tried);
    return picked === undefined || cookies === undefined ? picked : cookies.bind(child, picked);
  };
  return {
    available: () => children.some(({ service }) => service.available()),
    health: () => [],
    async stop() {},
    pick(facts, tried) {
      const bound = tried === undefined ? cookies?.find(facts) : undefined;
      if (bound !== undefined) return bound;
      const chosen = choose(facts);
      const first = chosen && pickFrom(chosen, facts, tried);
      if (first === undefined || tried?.has(first.server) !== true) return first;
      for (const child of children) {
        const other = pickFrom(child, facts, tried);
        if (other !== undefined && !tried.has(other.server)) return other;
      }
      return first;
    },
  };
}

function createChooseChild(
  strategy: WeightedConfig['strategy'],
  children: readonly Child[],
): (facts: BalancingFacts) => Child | undefined {
  const isAvailable = ({ service }: Child): boolean => service.available();
  if (strategy === 'hrw') {
    const order = createRendezvous(
      children.map((item) => ({ item, name: item.writtenName ?? item.name, weight: item.weight })),
    );
    return ({ remoteAddress }) => order(remoteAddress).find(isAvailable);
  }
  const { next } = createRoundRobin(
    children.map((item) => ({ item, weight: item.weight })),
    isAvailable,
  );
  return () => next();
}

/** The cookie that binds a caller to one of the services. */
interface ChildCookies {
  /** A server of the service to which the cookie binds the caller; undefined without one. */
  find(facts: BalancingFacts): Destination | undefined;
  bind(child: Child, destination: Destination): Destination;
}

function createChildCookies(sticky: StickyConfig, children: readonly Child[]): ChildCookies {
  const byId = new Map<string, Child>();
  const byFormerId = new Map<string, Child>();
  const binds = new Map<Child, Bind>();
  for (const child of children) {
    const name = child.writtenName ?? child.name;
    const id = toStickyId(name);
    byId.set(id, child);
    for (const former of toFormerIds(name)) byFormerId.set(former, child);
    binds.set(child, createBind(toStickyCookie(sticky, id)));
  }
  const bind: ChildCookies['bind'] = (child, destination) => binds.get(child)?.(destination) ?? destination;
  return {
    bind,
    find(facts) {
      const id = findCookie(facts.rawHeaders, sticky.cookieName);
      if (id === undefined) return undefined;
      const bound = byId.get(id)?.service.pick(facts);
      if (bound !== undefined) return bound;
      const former = byFormerId.get(id);
      const picked = former?.service.pick(facts);
      return former && picked && bind(former, picked);
    },
  };
}

/** Adds a cookie; once for each destination, so that a request allocates nothing. */
function createBind(cookie: string): Bind {
  const bound = new WeakMap<Destination, Destination>();
  return (destination) => {
    let withCookie = bound.get(destination);
    if (withCookie === undefined) {
      withCookie = Object.freeze({ ...destination, setCookies: [cookie, ...destination.setCookies] });
      bound.set(destination, withCookie);
    }
    return withCookie;
  };
}

/** The first of the services that has a healthy server. @param services in order of preference. */
export function createFailover(services: readonly Service[]): Service {
  const isAvailable = (service: Service): boolean => service.available();
  return {
    available: () => services.some(isAvailable),
    health: () => [],
    async stop() {},
    pick: (facts, tried) => services.find(isAvailable)?.pick(facts, tried),
  };
}
