import type { RequestRecord } from '../pipeline/record.ts';

/** Whether a server was chosen and did not respond: then the caller's response stands for the server's, as in Traefik. */
const isMissing = ({ serverUrl, originStatus }: RequestRecord): boolean =>
  serverUrl !== undefined && originStatus === 0;

export const toOriginStatus = (record: RequestRecord): number =>
  isMissing(record) ? record.status : record.originStatus;

export const toOriginBytes = (record: RequestRecord): number =>
  isMissing(record) ? record.downstreamBytes : record.originBytes;

/** Bytes of the server's body to those of the caller's, where they differ; undefined where they do not. */
export function toGzipRatio(record: RequestRecord): number | undefined {
  const { downstreamBytes } = record;
  const bytes = toOriginBytes(record);
  return downstreamBytes === 0 || downstreamBytes === bytes ? undefined : bytes / downstreamBytes;
}
