import type { AccessLogConfig } from '../config/install.ts';
import type { RequestRecord } from '../pipeline/record.ts';
import type { RequestFacts } from '../routing/facts.ts';
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
  const texts = { toTime: createIsoTimes(), toHost: createHosts() };
  return (record) => toJsonLine(record, (count += 1), texts);
}

type ToTime = (ms: number) => string;

/** @param toText makes the text of a time of which only the second counts. */
function oncePerSecond(toText: ToTime): ToTime {
  let second = NaN;
  let text = '';
  return (ms) => {
    const now = Math.floor(ms / 1000);
    if (now !== second) {
      second = now;
      text = toText(now * 1000);
    }
    return text;
  };
}

/** As `Date.prototype.toISOString` writes it. */
function createIsoTimes(): ToTime {
  const toSecond = oncePerSecond((ms) => new Date(ms).toISOString().slice(0, 20));
  return (ms) => {
    const rest = Math.floor(ms) % 1000;
    return `${toSecond(ms)}${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}Z`;
  };
}

/** Servers whose URLs are remembered; beyond it, those in use are read again. */
const maxHosts = 1000;

/** `host:port` of a server's URL. */
function createHosts(): (url: string) => string {
  const hosts = new Map<string, string>();
  return (url) => {
    let host = hosts.get(url);
    if (host === undefined) {
      ({ host } = new URL(url));
      if (hosts.size >= maxHosts) hosts.clear();
      hosts.set(url, host);
    }
    return host;
  };
}

const nsPerMs = 1e6;
const quote = JSON.stringify as (text: string) => string;

/** One JSON object; durations are nanoseconds, sizes bytes. The line is put together by hand: no object is built for it. */
function toJsonLine(
  record: RequestRecord,
  count: number,
  { toTime, toHost }: { readonly toTime: ToTime; readonly toHost: (url: string) => string },
): string {
  const { facts, refusal } = record;
  const duration = Math.round(record.durationMs * nsPerMs);
  const originDuration = Math.round(record.originDurationMs * nsPerMs);
  let line =
    `{"ClientAddr":${quote(toAuthority(facts.remoteAddress, facts.remotePort))}` +
    `,"ClientHost":${quote(toClientHost(facts))}` +
    `,"ClientPort":"${facts.remotePort}"` +
    `,"ClientUsername":${quote(record.clientUsername ?? '-')}` +
    `,"DownstreamContentSize":${record.downstreamBytes}` +
    `,"DownstreamStatus":${record.status}` +
    `,"Duration":${duration}` +
    `,"Overhead":${Math.max(0, duration - originDuration)}` +
    `,"RequestAddr":${quote(facts.authority)}` +
    `,"RequestContentSize":${toAnnouncedBytes(facts)}` +
    `,"RequestCount":${count}` +
    `,"RequestHost":${quote(facts.host)}` +
    `,"RequestId":${quote(record.requestId)}` +
    `,"RequestMethod":${quote(facts.method)}` +
    `,"RequestPath":${quote(redactTarget(facts.target))}` +
    `,"RequestPort":${quote(toPort(facts.authority))}` +
    `,"RequestProtocol":"HTTP/${record.httpVersion}"` +
    `,"RequestScheme":"${facts.scheme}"` +
    `,"StartUTC":"${toTime(record.startedAt)}"` +
    `,"entryPointName":${quote(facts.entryPoint)}`;
  if (record.routerName !== undefined) line += `,"RouterName":${quote(record.routerName)}`;
  if (record.serviceName !== undefined) line += `,"ServiceName":${quote(record.serviceName)}`;
  if (record.serverUrl !== undefined)
    line +=
      `,"ServiceURL":${quote(record.serverUrl)}` +
      `,"ServiceAddr":${quote(toHost(record.serverUrl))}` +
      `,"OriginDuration":${originDuration}` +
      `,"OriginContentSize":${record.originBytes}` +
      `,"OriginStatus":${record.originStatus}`;
  if (refusal !== undefined) line += `,"RefusalCode":"${refusal.code}"`;
  return `${line},"level":"info","msg":"","time":"${toTime(record.startedAt + record.durationMs)}"}\n`;
}

/** Common Log Format with Traefik's additions: referrer, user agent, request count, router, server, duration. */
function toCommonLine(record: RequestRecord, count: number, toTime: ToTime): string {
  const { facts } = record;
  const header = (name: string): string => quoteCommon(redactTarget(headerOf(facts, name) ?? '-'));
  return (
    `${toClientHost(facts)} - ${toBare(record.clientUsername ?? '-')} [${toTime(record.startedAt)}] ` +
    `${quoteCommon(`${facts.method} ${redactTarget(facts.target)} HTTP/${record.httpVersion}`)} ` +
    `${record.status} ${record.downstreamBytes} ${header('referer')} ${header('user-agent')} ${count} ` +
    `${quoteCommon(record.routerName ?? '-')} ${quoteCommon(record.serverUrl ?? '-')} ${Math.round(record.durationMs)}ms\n`
  );
}

/** A trusted proxy's word for who the caller is, or the address of the connection. */
function toClientHost(facts: RequestFacts): string {
  const forwarded = facts.trusted ? headerOf(facts, 'x-forwarded-for') : undefined;
  return forwarded === undefined ? facts.remoteAddress : toBare(forwarded.replaceAll(' ', ''));
}

function headerOf({ rawHeaders }: RequestFacts, name: string): string | undefined {
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.length === name.length && rawHeaders[at]?.toLowerCase() === name)
      return rawHeaders[at + 1];
  return undefined;
}

const toAnnouncedBytes = (facts: RequestFacts): number => Number(headerOf(facts, 'content-length') ?? 0);

const toAuthority = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

const toPort = (authority: string): string => /:(\d+)$/.exec(authority)?.[1] ?? '-';

/** A value without quotes around it must not hold what separates values. */
const toBare = (text: string): string => text.replace(/[\s"\\\u0000-\u001f\u007f]/g, '_');

/** Quotes and escapes, so that no caller can forge a field or a line. */
const quoteCommon = (text: string): string =>
  nothingToEscape.test(text) ? `"${text}"` : quote(text).replaceAll('\u007f', '\\u007f');

const nothingToEscape = /^[ !#-[\]-~]*$/;

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `10/Oct/2026:13:55:36 +0000` */
function toClfTime(ms: number): string {
  const at = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  return (
    `${two(at.getUTCDate())}/${months[at.getUTCMonth()] ?? ''}/${at.getUTCFullYear()}` +
    `:${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} +0000`
  );
}
