import type { AccessLogConfig } from '../config/install.ts';
import type { RequestRecord } from '../pipeline/record.ts';
import { quote, toBare } from './escape.ts';
import { createJsonLine } from './json-line.ts';
import { headerOf, toClientHost } from './logged-caller.ts';
import { oncePerSecond, toClfTime, type ToTime } from './log-times.ts';
import { redactTarget } from './redact.ts';

/** Makes the access log's line of one request, its newline included. */
export type ToLine = (record: RequestRecord) => string;

/** Traefik's fields and formats; `Authorization`, tokens and query values that can be secrets are in neither. */
export function createAccessLogLine(format: AccessLogConfig['format']): ToLine {
  let count = 0;
  if (format === 'common') {
    const toTime = oncePerSecond(toClfTime);
    return (record) => toCommonLine(record, (count += 1), toTime);
  }
  const toLine = createJsonLine();
  return (record) => toLine(record, (count += 1));
}

/** Common Log Format with Traefik's additions: referrer, user agent, request count, router, server, duration. */
function toCommonLine(record: RequestRecord, count: number, toTime: ToTime): string {
  const { facts } = record;
  const header = (name: string): string => quote(redactTarget(headerOf(facts, name) ?? '-'));
  return (
    `${toBare(toClientHost(facts))} - ${toBare(record.clientUsername ?? '-')} [${toTime(record.startedAt)}] ` +
    `${quote(`${facts.method} ${redactTarget(facts.target)} HTTP/${record.httpVersion}`)} ` +
    `${record.status} ${record.downstreamBytes} ${header('referer')} ${header('user-agent')} ${count} ` +
    `${quote(record.routerName ?? '-')} ${quote(record.serverUrl ?? '-')} ${Math.round(record.durationMs)}ms\n`
  );
}
