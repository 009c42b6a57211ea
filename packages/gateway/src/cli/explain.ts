import type { Clock } from '@grantgate/middleware/base/clock';
import { systemClock } from '@grantgate/middleware/base/clock';
import type { ApiExplanation } from '../admin/api/explanation-shape.ts';
import { toPrintable, withApi, type ApiFlags } from './api-client.ts';
import type { Io } from './io.ts';
import { UsageError } from './usage-error.ts';

export interface ExplainFlags extends ApiFlags {
  readonly method?: string;
  readonly header?: readonly string[];
  readonly entryPoint?: string;
  readonly clientIp?: string;
}

/** `grantgate explain URL`: 0 when a router would serve the request on at least one of the selected entry points, otherwise 1. */
export async function runExplain(
  url: string,
  flags: ExplainFlags,
  io: Io,
  clock: Clock = systemClock,
): Promise<number> {
  const query = toQuery(url, flags);
  return withApi(flags, io, clock, async (client) => {
    // A gateway of this version responds according to its shapes.
    const explanation = (await client.get(`/api/explain?${query.toString()}`)) as ApiExplanation;
    io.stdout.write(
      flags.json === true ? `${JSON.stringify(explanation)}\n` : explanation.results.map(toText).join('\n'),
    );
    return explanation.results.some(({ outcome }) => outcome === 'matched') ? 0 : 1;
  });
}

function toQuery(
  url: string,
  { method = 'GET', header = [], entryPoint, clientIp }: ExplainFlags,
): URLSearchParams {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol))
    throw new UsageError('URL: expected a URL with http or https, such as http://api.example.com/orders');
  const query = new URLSearchParams({
    method,
    scheme: parsed.protocol.slice(0, -1),
    host: parsed.host,
    path: `${parsed.pathname}${parsed.search}`,
  });
  for (const one of header) query.append('header', one);
  if (entryPoint !== undefined) query.set('entryPoint', entryPoint);
  if (clientIp !== undefined) query.set('clientIP', clientIp);
  return query;
}

function toText({
  entryPoint,
  summary,
  router,
  middlewares,
  others,
  omitted,
}: ApiExplanation['results'][number]): string {
  const lines = [`entry point ${entryPoint}: ${summary}`];
  if (router !== null) lines.push(`  ${router.name} (${router.place ?? ''}): ${router.rule}`);
  for (const { name, effect } of middlewares) lines.push(`  -> ${name}: ${effect}`);
  if (router !== null) lines.push(`  -> ${router.service}`);
  if (others.length > 0) lines.push('  other routers:');
  for (const { name, priority, reason } of others)
    lines.push(`    ${name} (priority ${priority}): ${reason}`);
  if (omitted > 0) lines.push(`    and ${omitted} more`);
  return lines.map((line) => `${toPrintable(line)}\n`).join('');
}
