import type { RequestRecord } from '../pipeline/record.ts';
import type { ConnectionTls } from '../routing/connection-tls.ts';
import type { RequestFacts } from '../routing/facts.ts';
import { quote } from './escape.ts';
import { createIsoTimes } from './log-times.ts';
import {
  toClientAddress,
  toClientHost,
  toHostOf,
  toPortOf,
  toServiceAddress,
  toLoggedTarget,
  toGzipRatio,
  toOriginBytes,
  toOriginStatus,
} from './logged-values.ts';
import { createStartTimes } from './start-times.ts';
import { fromWire } from './wire-text.ts';

const nsPerMs = 1e6;
/** Fields that most lines have, in one piece with the name of the next field. */
const noBody = ',"RequestContentSize":0,"ClientUsername":';
const noRetry = ',"RetryAttempts":0,"StartUTC":"';

/**
 * One JSON object with every field; durations are in nanoseconds, sizes in bytes. The line is concatenated from parts that are
 * formatted once per connection, router, server and user.
 */
export function createJsonLine(): (record: RequestRecord, count: number) => string {
  const toTime = createIsoTimes();
  const start = createStartTimes();
  const toHead = createHeads();
  const toQuoted = memoizeText(quote);
  const toRouter = memoizeText((name) => `,"RouterName":${quote(name)}`);
  const toService = memoizeText((name) => `,"ServiceName":${quote(name)}`);
  const toServer = memoizeText(
    (url) => `,"ServiceURL":${quote(url)},"ServiceAddr":${quote(toServiceAddress(url))}`,
  );
  return (record, count) => {
    const { requestBytes, retryAttempts, facts, refusal, routerName, serviceName, serverUrl, trace } = record;
    const duration = Math.round(record.durationMs * nsPerMs);
    const originDuration = Math.round(record.originDurationMs * nsPerMs);
    const startUtc = start.utc(record);
    const ratio = toGzipRatio(record);
    let line =
      `${toHead(facts)}${requestBytes === 0 ? noBody : `,"RequestContentSize":${requestBytes},"ClientUsername":`}` +
      toQuoted(record.clientUsername ?? '-') +
      `,"DownstreamContentSize":${record.downstreamBytes},"DownstreamStatus":${record.status}` +
      `,"Duration":${duration},"Overhead":${Math.max(0, duration - originDuration)}` +
      `,"RequestCount":${count},"RequestId":${quote(record.requestId)}` +
      `,"RequestMethod":${quote(facts.method)},"RequestPath":${quote(toLoggedTarget(record, true))}` +
      `,"RequestProtocol":${quote(`HTTP/${record.httpVersion}`)}${retryAttempts === 0 ? noRetry : `,"RetryAttempts":${retryAttempts},"StartUTC":"`}` +
      `${startUtc}","StartLocal":"${start.local(record, startUtc)}"` +
      `,"OriginDuration":${originDuration},"OriginContentSize":${toOriginBytes(record)},"OriginStatus":${toOriginStatus(record)}`;
    if (ratio !== undefined) line += `,"GzipRatio":${ratio}`;
    if (routerName !== undefined) line += toRouter(routerName);
    if (serviceName !== undefined) line += toService(serviceName);
    if (serverUrl !== undefined) line += toServer(serverUrl);
    if (trace !== undefined) line += `,"TraceId":"${trace.traceId}","SpanId":"${trace.spanId}"`;
    if (refusal !== undefined) {
      line += `,"RefusalCode":"${refusal.code}"`;
      if (refusal.reason !== undefined) line += `,"RefusalReason":${quote(refusal.reason)}`;
    }
    return `${line},"level":"info","msg":"","time":"${toTime(record.startedAt + record.durationMs)}"}\n`;
  };
}

/** Fields that depend on the head of a request and its connection; computed once for repeated heads. */
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

function toHead(facts: RequestFacts): string {
  const { authority } = facts;
  const host =
    authority === ''
      ? ''
      : `,"RequestAddr":${quote(fromWire(authority))},"RequestHost":${quote(toHostOf(authority))},"RequestPort":${quote(toPortOf(authority))}`;
  return (
    `{"ClientAddr":${quote(toClientAddress(facts))}` +
    `,"ClientHost":${quote(toClientHost(facts))}` +
    `,"ClientPort":"${facts.remotePort}"${host}` +
    `,"RequestScheme":"${facts.scheme}"` +
    `,"entryPointName":${quote(facts.entryPoint)}` +
    (facts.tls === undefined ? '' : toTlsFields(facts.tls))
  );
}

function toTlsFields({ version, cipher, clientSubject }: ConnectionTls): string {
  const subject = clientSubject();
  return (
    `,"TLSVersion":"${version}","TLSCipher":"${cipher}"` +
    (subject === undefined ? '' : `,"TLSClientSubject":${quote(subject)}`)
  );
}

/** Memoises a function of texts that repeat. All results are dropped when there are more than `max`. */
function memoizeText<T>(make: (text: string) => T, max = 10_000): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    let made = known.get(text);
    if (made === undefined) {
      made = make(text);
      if (known.size >= max) known.clear();
      known.set(text, made);
    }
    return made;
  };
}
