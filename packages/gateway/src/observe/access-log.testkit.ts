import { toAccessLog, accessLogSchema } from '../config/access-log-config.ts';
import { createAccessLogLine, type ToLine } from './access-log.ts';

/** The lines of an access log with these options. */
export const configure = (accessLog: object): ToLine =>
  createAccessLogLine(toAccessLog(accessLogSchema.parse(accessLog), (path) => path));
