import type { AccessLogFields } from '../config/access-log-config.ts';
import type { RequestRecord } from '../pipeline/record.ts';
import { quote, toBare } from './escape.ts';
import type { HeaderFields } from './header-fields.ts';
import { toClientHost, toLoggedTarget } from './logged-values.ts';
import { oncePerSecond, toClfTime } from './log-times.ts';

/**
 * Common Log Format. `common` has Traefik's additions: request count, router, server, duration. Referrer and user agent are `-`
 * unless `fields.headers` keeps them; so is a dropped field.
 */
export function createCommonLine(
  format: 'common' | 'genericCLF',
  fields: AccessLogFields,
  headers: HeaderFields | undefined,
): (record: RequestRecord, count: number) => string {
  const toTime = oncePerSecond(toClfTime);
  const keeps = (name: string): boolean => fields.names.get(name.toLowerCase()) ?? fields.keepsOthers;
  const kept = {
    host: keeps('ClientHost'),
    user: keeps('ClientUsername'),
    start: keeps('StartUTC') || keeps('StartLocal'),
    method: keeps('RequestMethod'),
    path: keeps('RequestPath'),
    protocol: keeps('RequestProtocol'),
    status: keeps('DownstreamStatus'),
    size: keeps('DownstreamContentSize'),
    count: keeps('RequestCount'),
    router: keeps('RouterName'),
    server: keeps('ServiceURL'),
    duration: keeps('Duration'),
  };
  return (record, count) => {
    const { facts } = record;
    const header = (name: string): string => quote(headers?.value(record, name) ?? '-');
    const request = [
      kept.method ? facts.method : '-',
      kept.path ? toLoggedTarget(record, fields.keepsQuery) : '-',
      kept.protocol ? `HTTP/${record.httpVersion}` : '-',
    ];
    const line =
      `${kept.host ? toBareHost(toClientHost(facts)) : '-'} - ` +
      `${kept.user ? toBare(record.clientUsername ?? '-') : '-'} [${kept.start ? toTime(record.startedAt) : '-'}] ` +
      `${quote(request.join(' '))} ${kept.status ? record.status : '-'} ${kept.size ? record.downstreamBytes : '-'} ` +
      `${header('Referer')} ${header('User-Agent')}`;
    if (format === 'genericCLF') return `${line}\n`;
    return (
      `${line} ${kept.count ? count : '-'} ${quote((kept.router ? record.routerName : undefined) ?? '-')} ` +
      `${quote((kept.server ? record.serverUrl : undefined) ?? '-')} ${kept.duration ? Math.floor(record.durationMs) : 0}ms\n`
    );
  };
}

/** A list of addresses keeps its spaces, as in Traefik; it cannot be mistaken for another field. */
const toBareHost = (host: string): string =>
  /^[0-9A-Fa-f.:]+(?:, ?[0-9A-Fa-f.:]+)*$/.test(host) ? host : toBare(host.replaceAll(' ', ''));
