import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import type { Auth } from '@grantgate/middleware/express';
import { authOf, oAuthClientCredentials } from '@grantgate/middleware/express';
import connect from 'connect';
import type { NextFunction, Request, Response } from 'express';
import express from 'express';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Integration } from './integration.ts';
import { headersOf, startHttpIntegration, toSeenResponse } from './node-integrations.testkit.ts';
import { runCases } from './run-cases.testkit.ts';

// The alias has no types of its own; the types of version 5 fit the parts in use.
const express4 = createRequire(import.meta.url)('express4') as typeof express;

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  auth: Auth | undefined,
): Promise<void> {
  const { type, body } = toSeenResponse(headersOf(request), {
    method: request.method ?? '',
    body: await text(request),
    auth,
  });
  response.setHeader('content-type', type);
  response.end(body);
}

function expressDoor(name: string, create: typeof express): Integration {
  return {
    name,
    async start(middlewares) {
      const app = create();
      const opened = Object.entries(middlewares).map(([path, options]) => {
        const middleware = oAuthClientCredentials(options);
        app.use(`/${path}`, middleware);
        return middleware;
      });
      app.use((request: Request, response: Response) => void answer(request, response, request.auth));
      // Refusals are responses, not errors.
      app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
        response.status(500).send(String(error));
      });
      return startHttpIntegration(createServer(app), () =>
        Promise.all(opened.map((middleware) => middleware.close())),
      );
    },
  };
}

const connectDoor: Integration = {
  name: 'Connect',
  async start(middlewares) {
    const app = connect();
    const opened = Object.entries(middlewares).map(([path, options]) => {
      const middleware = oAuthClientCredentials(options);
      app.use(`/${path}`, middleware);
      return middleware;
    });
    app.use((request, response) => void answer(request, response, authOf(request)));
    return startHttpIntegration(createServer(app), () =>
      Promise.all(opened.map((middleware) => middleware.close())),
    );
  },
};

const nodeDoor: Integration = {
  name: 'node:http',
  async start(middlewares) {
    const opened = new Map(
      Object.entries(middlewares).map(([name, options]) => [name, oAuthClientCredentials(options)]),
    );
    const server = createServer((request, response) => {
      const middleware = opened.get(request.url?.split('/')[1] ?? '');
      middleware?.(request, response, () => void answer(request, response, authOf(request)));
    });
    return startHttpIntegration(server, () =>
      Promise.all([...opened.values()].map((middleware) => middleware.close())),
    );
  },
};

runCases(expressDoor('Express 5', express));
runCases(expressDoor('Express 4', express4));
runCases(connectDoor);
runCases(nodeDoor);
