import { normalizeHeaderName } from '@grantgate/middleware/base/header-name';
import { readBasicCredentials } from '@grantgate/middleware/decision/basic-credentials';
import { z } from 'zod';
import type { MiddlewareConfig } from '../../config/dynamic.ts';
import type { SharedSources } from '../../secrets/resolve.ts';
import { createSharedChecks } from '../../passwords/shared-checks.ts';
import { basicCredentials } from '../basic-credentials.ts';
import { callerSourceOf } from '../caller-source.ts';
import { toHeaderBytes } from '../../http1/message/header-list.ts';
import { defineKind, type Compile, type MiddlewareDeps, type OptionsResult } from '../kind.ts';
import { createOptionProblem, readOptions } from '../read-options.ts';
import { defineRefusal, type StepRefusal } from '../refusal.ts';
import type { Pass, Step } from '../step.ts';
import { createAuthenticate } from './authenticator.ts';
import { readUsers } from './read-users.ts';
import type { Users } from './users.ts';

const schema = z.strictObject({
  users: z
    .array(z.string())
    .default([])
    .describe('Users as `NAME:HASH`, as `htpasswd` writes them: bcrypt, Argon2, SHA-256, APR1 MD5 or SHA1.'),
  usersFile: z
    .string()
    .default('')
    .describe('File with such lines; read again when it changes. `users` takes precedence over it.'),
  secret: z
    .string()
    .default('')
    .describe(
      'Kubernetes: name of a Secret with one key that holds such lines, or with `username` and `password`.',
    ),
  realm: z
    .string()
    .regex(/^[^\x00-\x1f\x7f]*$/, { error: 'expected text without control characters' })
    .default('')
    .describe('Realm of the challenge. Default: `traefik`.'),
  removeHeader: z
    .boolean()
    .default(false)
    .describe('Removes `Authorization` before the server gets the request.'),
  headerField: z
    .string()
    .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]*$/, { error: 'expected the name of a header (RFC 9110 section 5.1)' })
    .default('')
    .describe('Header that passes the name of the user to the server.'),
});

interface BasicAuthOptions {
  readonly users: Users;
  readonly realm: string;
  readonly removeHeader: boolean;
  readonly headerField: string;
}

const loginRequired = defineRefusal(
  {
    code: 'login_required',
    status: 401,
    title: 'Unauthorized',
    detail: 'a user name and a password are required',
    challenge: 'Basic realm="traefik"',
  },
  '`basicAuth`: the request has no user name and password, or they are wrong.',
);

const loginsBusy = defineRefusal(
  {
    code: 'logins_busy',
    status: 503,
    title: 'Service unavailable',
    detail: 'too many passwords are being checked',
    retryAfterSeconds: 1,
  },
  '`basicAuth`: 100 passwords are waiting to be checked. Passwords that were accepted within the last 5 minutes still pass.',
);

/** Traefik's `basicAuth`. */
export const basicAuth = defineKind<BasicAuthOptions>({
  name: 'basicAuth',
  isPlugin: false,
  description: 'Accepts requests with the name and password of a user (RFC 7617).',
  schema: () => schema,
  refusals: [loginRequired, loginsBusy],
  secretOptions: [['secret']],
  authenticatesCallers: () => true,
  read,
  createCompile,
});

function read(config: MiddlewareConfig, sources: SharedSources): OptionsResult<BasicAuthOptions> {
  const { options, problems, lookUps, writtenPath } = readOptions(schema, config, sources);
  if (options === undefined) return { options, problems, lookUps };
  const found = readUsers(options, config, sources, writtenPath);
  const isGiven = options.users.length > 0 || options.usersFile !== '' || options.secret !== '';
  const missing = isGiven
    ? []
    : [createOptionProblem(config, [], { code: 'invalid_value', message: 'set users, usersFile or secret' })];
  const all = [...problems, ...found.problems, ...missing];
  const isWhole = all.every(({ severity }) => severity !== 'error');
  const { realm, removeHeader, headerField } = options;
  return {
    options: isWhole ? Object.freeze({ users: found.users, realm, removeHeader, headerField }) : undefined,
    problems: all,
    lookUps: [...lookUps, ...found.lookUps],
  };
}

function createCompile({ clock }: MiddlewareDeps): Compile<BasicAuthOptions> {
  const openChecks = createSharedChecks();
  return (options, name): Step => {
    const { checks, close } = openChecks();
    const { realm, headerField } = options;
    const authenticate = createAuthenticate(options.users, checks, clock);
    const challenge = `Basic realm="${toHeaderBytes(realm === '' ? 'traefik' : realm.replace(/["\\]/g, '\\$&'))}"`;
    const refused: StepRefusal = Object.freeze({ ...loginRequired.refusal, challenge });
    const removeHeaders = new Set([
      ...(options.removeHeader ? ['authorization'] : []),
      ...(headerField === '' ? [] : [normalizeHeaderName(headerField)]),
    ]);
    // By user, because results derived from a list of headers are cached by its identity.
    const passes = new Map<string, Pass>();
    const toPass = (user: string): Pass => {
      let pass = passes.get(user);
      if (pass === undefined) {
        const setHeaders = headerField === '' ? [] : [headerField, toHeaderBytes(user)];
        const subject = { clientId: user, username: user, expiresAt: undefined };
        pass = Object.freeze({
          allowed: true,
          setHeaders: Object.freeze(setHeaders),
          removeHeaders,
          subject,
        });
        passes.set(user, pass);
      }
      return pass;
    };
    return Object.freeze({
      name,
      credentials: basicCredentials,
      onRequest(request) {
        const { authorization } = request;
        const credentials = readBasicCredentials(authorization);
        if (credentials.kind !== 'credential') return { ...refused, reason: credentials.detail };
        const { clientId: user, clientSecret } = credentials;
        const toResult = (matches: boolean | undefined) =>
          matches === true
            ? toPass(user)
            : { ...(matches === undefined ? loginsBusy.refusal : refused), clientId: user };
        const result = authenticate(user, clientSecret.reveal(), callerSourceOf(request));
        return result === true ? toPass(user) : result.then(toResult);
      },
      close,
    } satisfies Step);
  };
}
