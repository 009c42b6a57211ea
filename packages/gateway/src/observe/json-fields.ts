import type { AccessLogFields } from '../config/access-log-config.ts';
import type { RequestRecord } from '../pipeline/record.ts';
import { quote } from './escape.ts';
import type { HeaderFields } from './header-fields.ts';
import {
  toClientHost,
  toClientAddress,
  toHostOf,
  toPortOf,
  toServiceAddress,
  toLoggedTarget,
  toGzipRatio,
  toOriginBytes,
  toOriginStatus,
} from './logged-values.ts';
import { createIsoTimes } from './log-times.ts';
import { createStartTimes } from './start-times.ts';
import { fromWire } from './wire-text.ts';

const nsPerMs = 1e6;

/** One JSON object with the selected fields and headers. */
export function createJsonFieldsLine(
  fields: AccessLogFields,
  headers: HeaderFields | undefined,
): (record: RequestRecord, count: number) => string {
  const kept = listKeptFields(fields);
  const toTime = createIsoTimes();
  return (record, count) => {
    let line = '{';
    for (const [name, toValue] of kept) {
      const value = toValue(record, count);
      if (value !== undefined) line += `"${name}":${typeof value === 'number' ? value : quote(value)},`;
    }
    headers?.each(record, (name, value) => (line += `${quote(name)}:${quote(value)},`));
    return `${line}"level":"info","msg":"","time":"${toTime(record.startedAt + record.durationMs)}"}\n`;
  };
}

/** A value of a field; undefined: the field is omitted. */
export type ToFieldValue = (record: RequestRecord, count: number) => string | number | undefined;

/** The selected fields, in their order. */
export const listKeptFields = (fields: AccessLogFields): readonly (readonly [string, ToFieldValue])[] =>
  Object.entries(createFields(fields)).filter(
    ([name]) => fields.names.get(name.toLowerCase()) ?? fields.keepsOthers,
  );

const filled = (value: string | undefined): string | undefined => value || undefined;

/** All fields of a line, in their order. */
function createFields({ keepsQuery }: AccessLogFields): Readonly<Record<string, ToFieldValue>> {
  const start = createStartTimes();
  const authority = ({ facts }: RequestRecord): string | undefined => facts.authority || undefined;
  return {
    ClientAddr: ({ facts }) => toClientAddress(facts),
    ClientHost: ({ facts }) => toClientHost(facts),
    ClientPort: ({ facts }) => String(facts.remotePort),
    RequestAddr: (record) => filled(authority(record) && fromWire(record.facts.authority)),
    RequestHost: (record) => filled(authority(record) && toHostOf(record.facts.authority)),
    RequestPort: (record) => filled(authority(record) && toPortOf(record.facts.authority)),
    RequestScheme: ({ facts }) => facts.scheme,
    entryPointName: ({ facts }) => facts.entryPoint,
    TLSVersion: ({ facts }) => filled(facts.tls?.version),
    TLSCipher: ({ facts }) => filled(facts.tls?.cipher),
    TLSClientSubject: ({ facts }) => filled(facts.tls?.clientSubject()),
    RequestContentSize: ({ requestBytes }) => requestBytes,
    ClientUsername: ({ clientUsername }) => clientUsername ?? '-',
    DownstreamContentSize: ({ downstreamBytes }) => downstreamBytes,
    DownstreamStatus: ({ status }) => status,
    Duration: ({ durationMs }) => Math.round(durationMs * nsPerMs),
    Overhead: ({ durationMs, originDurationMs }) =>
      Math.max(0, Math.round(durationMs * nsPerMs) - Math.round(originDurationMs * nsPerMs)),
    RequestCount: (_record, count) => count,
    RequestId: ({ requestId }) => requestId,
    RequestMethod: ({ facts }) => facts.method,
    RequestPath: (record) => toLoggedTarget(record, keepsQuery),
    RequestProtocol: ({ httpVersion }) => `HTTP/${httpVersion}`,
    RetryAttempts: ({ retryAttempts }) => retryAttempts,
    StartUTC: (record) => start.utc(record),
    StartLocal: (record) => start.local(record, start.utc(record)),
    OriginDuration: ({ originDurationMs }) => Math.round(originDurationMs * nsPerMs),
    OriginContentSize: (record) => toOriginBytes(record),
    OriginStatus: (record) => toOriginStatus(record),
    GzipRatio: toGzipRatio,
    RouterName: ({ routerName }) => filled(routerName),
    ServiceName: ({ serviceName }) => filled(serviceName),
    ServiceURL: ({ serverUrl }) => filled(serverUrl),
    ServiceAddr: ({ serverUrl }) => filled(serverUrl && toServiceAddress(serverUrl)),
    TraceId: ({ trace }) => filled(trace?.traceId),
    SpanId: ({ trace }) => filled(trace?.spanId),
    RefusalCode: ({ refusal }) => filled(refusal?.code),
    RefusalReason: ({ refusal }) => filled(refusal?.reason),
  };
}
