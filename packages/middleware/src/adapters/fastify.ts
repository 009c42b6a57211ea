import type { FastifyInstance, FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import type { Decision, Deny } from '../decision/decision.ts';
import { toProblem, toProblemHeaders } from '../decision/problem.ts';
import type { Auth } from './auth.ts';
import type { Guard, GuardOptions } from './guard.ts';
import { createGuard } from './guard.ts';
import { admit, readAuthorization } from './node-request.ts';
import { nameRequest } from './node-response.ts';

export type { Auth } from './auth.ts';
export type { GuardOptions } from './guard.ts';
export type { DiscoveryEvent, RenewalEvent, StoreEvent } from '../create.ts';
export { OptionsError } from '../errors.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The caller; null for routes that `oAuthClientCredentials` does not protect. */
    auth: Auth | null;
  }
}

/**
 * Fastify 5 plugin: protects the routes of the instance on which it is registered, and of nested ones, from `onRequest` on,
 * before a body is read. They have `request.auth`. Refusals are sent with `reply`, without any `onSend` hook.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path; `ready()` and `listen()` reject with it.
 * @see RFC 6749 section 4.4, RFC 9457
 */
export const oAuthClientCredentials: FastifyPluginCallback<GuardOptions> = Object.assign(
  (instance: FastifyInstance, options: GuardOptions, done: (error?: Error) => void): void => {
    let guard: Guard;
    try {
      guard = createGuard(withoutFastifys(options));
    } catch (error) {
      // A thrown error would end the process: Fastify receives errors of a callback plugin only through `done`.
      done(error as Error);
      return;
    }
    if (!instance.hasRequestDecorator('auth')) instance.decorateRequest('auth', null);
    instance.addHook('onRequest', (request, reply, next) => {
      const conclude = (decision: Decision): void => {
        if (!decision.allowed) {
          refuse(request, reply, decision);
          return;
        }
        const pass = guard.passOf(decision);
        admit(request.raw, pass);
        request.auth = pass.auth;
        next();
      };
      const decision = guard.decide(readAuthorization(request.raw));
      if (decision instanceof Promise) void decision.then(conclude, next);
      else conclude(decision);
    });
    instance.addHook('onClose', () => guard.close());
    done();
  },
  {
    // What `fastify-plugin` would set: the hook belongs to the registering instance, not to the plugin's own scope.
    [Symbol.for('skip-override')]: true,
    [Symbol.for('fastify.display-name')]: '@grantgate/middleware',
    [Symbol.for('plugin-meta')]: { name: '@grantgate/middleware', fastify: '5.x' },
  },
);

/** Fastify also passes its own options of `register`. */
function withoutFastifys(options: GuardOptions): GuardOptions {
  const {
    prefix: _prefix,
    logLevel: _level,
    logSerializers: _serializers,
    ...own
  } = options as GuardOptions & Record<'prefix' | 'logLevel' | 'logSerializers', unknown>;
  return own;
}

function refuse(request: FastifyRequest, reply: FastifyReply, deny: Deny): void {
  if (reply.sent) return;
  const requestId = nameRequest(reply.getHeader('x-request-id'), request.raw);
  void reply.code(deny.status);
  const headers = toProblemHeaders(deny, requestId);
  for (let at = 0; at + 1 < headers.length; at += 2)
    void reply.header(headers[at] ?? '', headers[at + 1] ?? '');
  // Bytes, to which no charset is added: problem+json has none (RFC 9457 section 6.1).
  void reply.send(Buffer.from(toProblem(deny, requestId)));
}
