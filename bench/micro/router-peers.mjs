// Routing with 10 to 10,000 routers, compared with find-my-way, the router of Fastify: `npm run bench:micro -- --only
// router-peers`, after `make build`.
//
// Only features of both are compared: one host and one path, or the beginning of a path. First, both must find the same router for
// every request, or none. Processor time is counted.
import findMyWay from 'find-my-way';
import { MatchContext } from '../../packages/gateway/dist/routing/match-context.js';
import { compileRule } from '../../packages/gateway/dist/routing/rule.js';
import { createTable } from '../../packages/gateway/dist/routing/table.js';
import { report } from './lib/report.mjs';
import { compare, nanoseconds, roundsOr, spreadText } from './lib/rounds.mjs';
import { printTable } from './lib/table.mjs';

const rounds = roundsOr(9);
const sampled = 1_000;
const sizes = [10, 100, 1_000, 10_000];
const prefix = (host, path) => ({ host, path, asked: `${path}items/42`, kind: 'prefix' });
const exact = (host, path) => ({ host, path, asked: path, kind: 'exact' });

/** Name to the router of an index: its host and path, and the path of the request. */
const layouts = {
  'a host each, the same prefix': (index) => prefix(`h${index}.example.com`, '/api/'),
  '10 prefixes to a host': (index) => prefix(`h${Math.floor(index / 10)}.example.com`, `/r${index}/`),
  'one host, prefixes': (index) => prefix('api.example.com', `/r${index}/`),
  'one host, prefixes within prefixes': (index) =>
    prefix('api.example.com', index % 2 === 0 ? `/r${index}/` : `/r${index - 1}/inner/`),
  'one host, exact paths': (index) => exact('api.example.com', `/orders/r${index}/items`),
};

const contenders = {
  grantgate(routers) {
    const entries = routers.map(({ host, path, kind }, index) => {
      const source = `Host(\`${host}\`) && ${kind === 'prefix' ? 'PathPrefix' : 'Path'}(\`${path}\`)`;
      const compiled = compileRule(source);
      if (!compiled.ok) throw new Error(compiled.diagnostics[0].message);
      return { name: `r${index}`, rule: compiled.rule, priority: undefined, route: index };
    });
    const table = createTable(entries);
    return (facts) => table.match(new MatchContext(facts, facts.path));
  },
  'find-my-way'(routers) {
    const router = findMyWay();
    for (const [index, { host, path, kind }] of routers.entries())
      router.on('GET', pattern(path, kind), { constraints: { host } }, handle, { index });
    return ({ host, path }) => router.find('GET', path, { host })?.store.index;
  },
  /** A workaround of applications for the limit of find-my-way: a router for each host. */
  'find-my-way per host'(routers) {
    const byHost = new Map();
    for (const [index, { host, path, kind }] of routers.entries()) {
      let router = byHost.get(host);
      if (router === undefined) byHost.set(host, (router = findMyWay()));
      router.on('GET', pattern(path, kind), handle, { index });
    }
    return ({ host, path }) => byHost.get(host)?.find('GET', path)?.store.index;
  },
};
const names = Object.keys(contenders);

const results = [];
const limits = new Set();
for (const [layout, routerOf] of Object.entries(layouts))
  for (const size of sizes) results.push({ layout, size, ...(await measure(routerOf, size)) });
print();
report({ unit: 'us', rounds, results, limits: [...limits] });

function handle() {}

function pattern(path, kind) {
  return kind === 'prefix' ? `${path}*` : path;
}

async function measure(routerOf, size) {
  const routers = Array.from({ length: size }, (_, index) => routerOf(index));
  const requests = createRequests(routers);
  const built = {};
  const works = {};
  for (const name of names) {
    const begun = process.cpuUsage();
    let find;
    try {
      find = contenders[name](routers);
    } catch (error) {
      limits.add(error.message);
      continue;
    }
    const { user, system } = process.cpuUsage(begun);
    built[name] = user + system;
    check(name, find, requests);
    works[name] = finding(find, requests);
  }
  return { built, found: await compare(works, { rounds }) };
}

/** Nine requests that match a router, from the whole table, for each request that matches none. */
function createRequests(routers) {
  const count = Math.min(sampled, routers.length);
  // A prime number, so that neighbours are not requested one after the other.
  const hits = Array.from({ length: count }, (_, at) => {
    const expected = (at * 7919) % routers.length;
    const { host, asked } = routers[expected];
    return { facts: factsOf(host, asked), expected };
  });
  return hits.flatMap((hit, at) => (at % 9 === 8 ? [hit, miss(routers[hit.expected], at)] : [hit]));
}

/** Another host, another path, or a path that ends too early. */
function miss({ host, path }, at) {
  const kind = Math.floor(at / 9) % 3;
  if (kind === 0) return { facts: factsOf('elsewhere.example.com', `${path}items/42`), expected: undefined };
  const other = kind === 1 ? `/none${path}` : path.slice(0, path.indexOf('/', 1));
  return { facts: factsOf(host, other), expected: undefined };
}

function factsOf(host, path) {
  return { host, path, method: 'GET' };
}

/** @throws Error when a request goes to another router than it should. */
function check(name, find, requests) {
  for (const { facts, expected } of requests) {
    const found = find(facts);
    if (found !== expected)
      throw new Error(`${name}: ${facts.host}${facts.path} goes to ${found}, not ${expected}`);
  }
}

function finding(find, requests) {
  return (count) => {
    for (let done = 0; done < count; done += 1)
      globalThis.kept = find(requests[done % requests.length].facts);
  };
}

function print() {
  console.log(
    'finding the router of a request: ns of CPU (quartiles); every request goes to the same router',
  );
  const others = names.slice(1);
  printTable(
    ['', 'routers', ...names, ...others.map((name) => `${name} x grantgate`)],
    results.map(({ layout, size, found }) => [
      layout,
      size,
      ...names.map((name) => (found[name] === undefined ? '-' : nanoseconds(found[name].cpu))),
      ...others.map((name) => (found[name] === undefined ? '-' : spreadText(found[name].ratio, 2))),
    ]),
  );
  console.log('\nmaking the table, once: ms of CPU');
  printTable(
    ['', 'routers', ...names],
    results.map(({ layout, size, built }) => [
      layout,
      size,
      ...names.map((name) => (built[name] === undefined ? '-' : (built[name] / 1000).toFixed(1))),
    ]),
  );
  for (const limit of limits) console.log(`\n-: ${limit}`);
  console.log(`
not comparable, so not measured here:
- grantgate alone: priorities; matchers of headers, of the query and of the client's address; HostRegexp; &&, || and ! between
  matchers; a change of some routers without rebuilding the table
- grantgate alone: paths are read as servers read them (%-encoding, dot segments, slashes in a row) before they are compared
- find-my-way alone: parameters in paths (it cuts out what follows a prefix as one), versions as a constraint
- both, in other ways: methods (a matcher here, a tree for each there) and regular expressions (of a whole path here, of a parameter there)`);
}
