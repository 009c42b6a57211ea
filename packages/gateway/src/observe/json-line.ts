import type { RequestRecord } from '../pipeline/record.ts';
import type { RequestFacts } from '../routing/facts.ts';
import { quote } from './escape.ts';
import { createKept } from './kept.ts';
import { createIsoTimes } from './log-times.ts';
import { headerOf, toClientHost } from './logged-caller.ts';
import { redactTarget } from './redact.ts';

const nsPerMs = 1e6;

/**
 * One JSON object; durations are nanoseconds, sizes bytes. The line is put together by hand, of parts that are made once: for
 * each connection, router, server and user.
 */
export function createJsonLine(): (record: RequestRecord, count: number) => string {
  const toTime = createIsoTimes();
  const toHead = createHeads();
  const toQuoted = createKept(quote);
  const toRouter = createKept((name) => `,"RouterName":${quote(name)}`);
  const toService = createKept((name) => `,"ServiceName":${quote(name)}`);
  const toServer = createKept(
    (url) => `,"ServiceURL":${quote(url)},"ServiceAddr":${quote(new URL(url).host)}`,
  );
  return (record, count) => {
    const { facts, refusal, routerName, serviceName, serverUrl } = record;
    const duration = Math.round(record.durationMs * nsPerMs);
    const originDuration = Math.round(record.originDurationMs * nsPerMs);
    let line =
      `${toHead(facts)},"ClientUsername":${toQuoted(record.clientUsername ?? '-')}` +
      `,"DownstreamContentSize":${record.downstreamBytes},"DownstreamStatus":${record.status}` +
      `,"Duration":${duration},"Overhead":${Math.max(0, duration - originDuration)}` +
      `,"RequestCount":${count},"RequestId":${quote(record.requestId)}` +
      `,"RequestMethod":${quote(facts.method)},"RequestPath":${quote(redactTarget(facts.target))}` +
      `,"RequestProtocol":${quote(`HTTP/${record.httpVersion}`)},"StartUTC":"${toTime(record.startedAt)}"`;
    if (record.retryAttempts > 0) line += `,"RetryAttempts":${record.retryAttempts}`;
    if (routerName !== undefined) line += toRouter(routerName);
    if (serviceName !== undefined) line += toService(serviceName);
    if (serverUrl !== undefined)
      line +=
        `${toServer(serverUrl)},"OriginDuration":${originDuration}` +
        `,"OriginContentSize":${record.originBytes},"OriginStatus":${record.originStatus}`;
    if (refusal !== undefined) {
      line += `,"RefusalCode":"${refusal.code}"`;
      if (refusal.reason !== undefined) line += `,"RefusalReason":${quote(refusal.reason)}`;
    }
    return `${line},"level":"info","msg":"","time":"${toTime(record.startedAt + record.durationMs)}"}\n`;
  };
}

/** What follows from the head of a request and its connection; once for heads that come again. */
function createHeads(): (facts: RequestFacts) => string {
  const known = new WeakMap<readonly string[], string>();
  return (facts) => {
    if (!facts.reusesHeaders) return toHead(facts);
    let text = known.get(facts.rawHeaders);
    if (text === undefined) {
      text = toHead(facts);
      known.set(facts.rawHeaders, text);
    }
    return text;
  };
}

const toHead = (facts: RequestFacts): string =>
  `{"ClientAddr":${quote(toAuthority(facts.remoteAddress, facts.remotePort))}` +
  `,"ClientHost":${quote(toClientHost(facts))}` +
  `,"ClientPort":"${facts.remotePort}"` +
  `,"RequestAddr":${quote(facts.authority)}` +
  `,"RequestContentSize":${toSize(headerOf(facts, 'content-length'))}` +
  `,"RequestHost":${quote(facts.host)}` +
  `,"RequestPort":${quote(toPort(facts.authority))}` +
  `,"RequestScheme":"${facts.scheme}"` +
  `,"entryPointName":${quote(facts.entryPoint)}`;

const toAuthority = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

const toPort = (authority: string): string => /:(\d+)$/.exec(authority)?.[1] ?? '-';

/** A proxy beside may pass a length on that no HTTP parser has seen. */
function toSize(length: string | undefined): number {
  const size = Number(length ?? 0);
  return Number.isSafeInteger(size) && size >= 0 ? size : 0;
}
