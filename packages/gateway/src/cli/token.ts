import { readConfiguration, toRelative } from './configuration.ts';
import type { Io } from './io.ts';
import { formatProblem } from './problems.ts';
import { createStyle, type Style } from './style.ts';
import { oAuthClientCredentials } from '../middlewares/oauth-client-credentials/kind.ts';
import { apiKey } from '../middlewares/api-key/kind.ts';
import { jwt } from '../middlewares/jwt/kind.ts';
import { oAuthIntrospection } from '../middlewares/oauth-introspection/kind.ts';
import { oAuthTokenExchange } from '../middlewares/oauth-token-exchange/kind.ts';
import type { PreparedMiddleware } from '../snapshot/prepare-middleware.ts';
import {
  callerReportToJson,
  explainApiKey,
  explainExchange,
  explainIntrospection,
  formatCallerReport,
  type CallerReport,
} from './token/explain-caller.ts';
import { explainJwt, formatJwtReport, jwtReportToJson, readToken } from './token/explain-jwt.ts';
import { findMiddleware } from './token/find-middleware.ts';
import { obtain } from './token/obtain.ts';
import type { CredentialFlags } from './token/read-credential.ts';
import { readCredential } from './token/read-credential.ts';
import { createReport, formatReport, reportToJson } from './token/report.ts';

export interface TokenFlags extends CredentialFlags {
  readonly config?: string;
  readonly tokenFile?: string;
  readonly reveal?: boolean;
  readonly json?: boolean;
}

/** `grantgate token`: 0 when the request would pass, 1 when it would be refused. */
export async function runToken(
  name: string,
  paths: readonly string[],
  flags: TokenFlags,
  io: Io,
): Promise<number> {
  const configuration = await readConfiguration(paths, flags.config, io);
  const found = findMiddleware(name, configuration);
  const { name: middleware, problems } = found;
  const options = oAuthClientCredentials.optionsOf(found);
  const explain = findExplanation(found);
  const errors = configuration.routes.middlewares.get(middleware)?.errors ?? [];
  if ((options ?? explain) === undefined || errors.length > 0) {
    const style = createStyle(io.stderr);
    for (const problem of [...errors, ...problems])
      io.stderr.write(formatProblem(toRelative(problem, io.cwd), style));
    io.stderr.write(`error: the middleware ${middleware} is invalid: it refuses every request\n`);
    return 1;
  }
  if (explain !== undefined) {
    const report = await explain(await readToken(flags.tokenFile, io));
    io.stdout.write(flags.json === true ? `${report.json}\n` : report.format(createStyle(io.stdout)));
    return report.allowed ? 0 : 1;
  }
  if (options === undefined) return 1;
  const caller = await readCredential(options, flags, io);
  const obtained = await obtain(options, caller);
  const report = createReport({ name: middleware, options }, obtained, {
    clientId: caller?.clientId ?? options.clientID ?? '',
    reveal: flags.reveal === true,
  });
  io.stdout.write(
    flags.json === true ? `${reportToJson(report)}\n` : formatReport(report, createStyle(io.stdout)),
  );
  return report.refusal === undefined ? 0 : 1;
}

interface CredentialExplanation {
  readonly allowed: boolean;
  readonly json: string;
  readonly format: (style: Style) => string;
}

/** Explains the credential of a caller; undefined for a middleware whose callers present none. */
function findExplanation(
  found: PreparedMiddleware,
): ((credential: string) => Promise<CredentialExplanation>) | undefined {
  const { name } = found;
  const jwtOptions = jwt.optionsOf(found);
  if (jwtOptions !== undefined)
    return async (token) => {
      const report = await explainJwt(name, jwtOptions, token);
      return {
        allowed: report.refusal === undefined,
        json: jwtReportToJson(report),
        format: (style) => formatJwtReport(report, style),
      };
    };
  const introspection = oAuthIntrospection.optionsOf(found);
  if (introspection !== undefined)
    return async (token) => toCredentialExplanation(await explainIntrospection(name, introspection, token));
  const exchange = oAuthTokenExchange.optionsOf(found);
  if (exchange !== undefined)
    return async (token) => toCredentialExplanation(await explainExchange(name, exchange, token));
  const keys = apiKey.optionsOf(found);
  return keys && (async (key) => toCredentialExplanation(await explainApiKey(name, keys, key)));
}

const toCredentialExplanation = (report: CallerReport): CredentialExplanation => ({
  allowed: report.refusal === undefined,
  json: callerReportToJson(report),
  format: (style) => formatCallerReport(report, style),
});
