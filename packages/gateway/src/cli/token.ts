import { readConfiguration, toRelative } from './configuration.ts';
import type { Io } from './io.ts';
import { formatProblem } from './problems.ts';
import { createStyle } from './style.ts';
import { oAuthClientCredentials } from '../middlewares/oauth-client-credentials/kind.ts';
import { jwt } from '../middlewares/jwt/kind.ts';
import type { JwtOptions } from '@grantgate/middleware/jwt/options';
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
  const jwtOptions = jwt.optionsOf(found);
  const errors = configuration.routes.middlewares.get(middleware)?.errors ?? [];
  if ((options ?? jwtOptions) === undefined || errors.length > 0) {
    const style = createStyle(io.stderr);
    for (const problem of [...errors, ...problems])
      io.stderr.write(formatProblem(toRelative(problem, io.cwd), style));
    io.stderr.write(`error: the middleware ${middleware} is invalid: it refuses every request\n`);
    return 1;
  }
  if (jwtOptions !== undefined) return explain(middleware, jwtOptions, flags, io);
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

/** Explains the token of a caller. */
async function explain(middleware: string, options: JwtOptions, flags: TokenFlags, io: Io): Promise<number> {
  const report = await explainJwt(middleware, options, await readToken(flags.tokenFile, io));
  io.stdout.write(
    flags.json === true ? `${jwtReportToJson(report)}\n` : formatJwtReport(report, createStyle(io.stdout)),
  );
  return report.refusal === undefined ? 0 : 1;
}
