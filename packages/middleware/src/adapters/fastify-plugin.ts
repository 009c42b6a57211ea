import type {
  FastifyInstance,
  FastifyPluginCallback,
  FastifyReply,
  FastifyRequest,
  onRequestHookHandler,
} from 'fastify';
import type { Decision, Deny } from '../decision/decision.ts';
import { toProblem, toProblemHeaders } from '../decision/problem.ts';
import type { Auth } from '../application/auth.ts';
import type { ApplicationMiddleware } from '../application/middleware.ts';
import { RefusalError } from '../application/refusal-error.ts';
import type { FrameworkMiddleware } from '../application/framework-middleware.ts';
import { NodeApplicationRequest, stripCredential } from './node-application-request.ts';
import { admit } from './node-request.ts';
import { nameRequest } from './node-response.ts';

export type { Auth } from '../application/auth.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The caller; null for routes that are not protected. */
    auth: Auth | null;
  }
}

/** A plugin for a scope; `route` returns the `onRequest` hook of a single route. */
export type FastifyMiddleware = FrameworkMiddleware<FastifyPluginCallback, onRequestHookHandler>;

/** Creates the hook of a middleware, for a scope or a route. */
export function createFastifyHook(middleware: ApplicationMiddleware): onRequestHookHandler {
  return (request, reply, next) => {
    const conclude = (decision: Decision): void => {
      if (!decision.allowed) {
        if (middleware.refusals === 'error') next(new RefusalError(decision));
        else refuse(request, reply, decision);
        return;
      }
      const changes = middleware.changesOf(decision);
      const { source } = middleware;
      const { raw } = request;
      admit(raw, source === undefined ? changes : stripCredential(raw, changes, source, request));
      request.auth = changes.auth;
      next();
    };
    const decision = middleware.decide(
      new NodeApplicationRequest(request.raw, request),
      request.auth ?? undefined,
    );
    if (decision instanceof Promise) void decision.then(conclude, next);
    else conclude(decision);
  };
}

/** Creates a plugin that opens its middleware when it is registered. */
export function createFastifyPlugin<Options extends object>(
  open: (options: Options) => ApplicationMiddleware,
): FastifyPluginCallback<Options> {
  return Object.assign(
    (instance: FastifyInstance, options: Options, done: (error?: Error) => void): void => {
      let middleware: ApplicationMiddleware;
      try {
        middleware = open(withoutFastifys(options));
      } catch (error) {
        // A thrown error would crash the process: Fastify receives errors of a callback plugin only through `done`.
        done(error as Error);
        return;
      }
      if (!instance.hasRequestDecorator('auth')) instance.decorateRequest('auth', null);
      instance.addHook('onRequest', createFastifyHook(middleware));
      instance.addHook('onClose', () => middleware.close());
      done();
    },
    {
      // As `fastify-plugin` would set it: the hook belongs to the registering instance, not to the plugin's own scope.
      [Symbol.for('skip-override')]: true,
      [Symbol.for('fastify.display-name')]: '@grantgate/middleware',
      [Symbol.for('plugin-meta')]: { name: '@grantgate/middleware', fastify: '5.x' },
    },
  );
}

/** Fastify also passes its own options of `register`. */
function withoutFastifys<Options extends object>(options: Options): Options {
  const {
    prefix: _prefix,
    logLevel: _level,
    logSerializers: _serializers,
    ...own
  } = options as Options & Record<'prefix' | 'logLevel' | 'logSerializers', unknown>;
  return own as unknown as Options;
}

function refuse(request: FastifyRequest, reply: FastifyReply, deny: Deny): void {
  if (reply.sent) return;
  const requestId = nameRequest(reply.getHeader('x-request-id'), request.raw);
  void reply.code(deny.status);
  const headers = toProblemHeaders(deny, requestId);
  for (let at = 0; at + 1 < headers.length; at += 2)
    void reply.header(headers[at] ?? '', headers[at + 1] ?? '');
  // Sent as bytes, so that no charset is added: problem+json has none (RFC 9457 section 6.1).
  void reply.send(Buffer.from(toProblem(deny, requestId)));
}
