import { z } from 'zod';
import { resources } from './resources.ts';
import type { ApiResource } from './resource.ts';
import { drainShape, errorShape, logLevelShape } from './shapes.ts';

/** The OpenAPI 3.1 document of the API. @param server URL that precedes the paths, such as `/gateway`. */
export function createOpenApi(version: string, server: string): Record<string, unknown> {
  const schemas: Record<string, unknown> = { Error: toSchema(errorShape) };
  for (const { schemaName, shape } of resources) schemas[schemaName] = toSchema(shape);
  return {
    openapi: '3.1.0',
    info: {
      title: 'grantgate',
      version,
      description: 'State of a running gateway. No response contains a secret or a token.',
    },
    servers: [{ url: server === '' ? '/' : server }],
    paths: {
      ...Object.fromEntries(resources.map((resource) => [resource.path, { get: toOperation(resource) }])),
      '/api/openapi.json': {
        get: { summary: 'This document.', responses: { 200: toJson('The document.', {}) } },
      },
      '/api/events': { get: events },
      ...actions,
    },
    components: {
      schemas,
      securitySchemes: {
        actionsToken: { type: 'http', scheme: 'bearer', description: '`api.actionsToken`' },
      },
    },
    security: [{}, { actionsToken: [] }],
  };
}

const events = {
  summary: 'Changes as server-sent events, at most once a second.',
  description:
    'Events: `overview` (members of Overview that have changed, all of them first), `refusals` (a list of Refusal, the latest first), `authorizationServers` (a list of AuthorizationServer), `stores` (a list of Store) and `configuration` (`loadedAt`).',
  responses: {
    200: { description: 'A stream.', content: { 'text/event-stream': { schema: { type: 'string' } } } },
    503: toJson('Too many streams.', ref('Error')),
  },
};

const actionResponses = {
  401: toJson('The token is missing or wrong.', ref('Error')),
  403: toJson('The request comes from a web page.', ref('Error')),
  503: toJson('A worker does not reply.', ref('Error')),
};

const actions = {
  '/api/tokens/purge': {
    post: {
      summary: 'Drops cached tokens of a middleware, a client, or all.',
      requestBody: toContent({
        type: 'object',
        properties: {
          middleware: { type: 'string' },
          clientID: { type: 'string' },
          all: { type: 'boolean' },
        },
      }),
      responses: {
        200: toJson('Number of dropped tokens.', {
          type: 'object',
          properties: { middlewares: { type: 'integer' }, tokens: { type: 'integer' } },
        }),
        ...actionResponses,
      },
    },
  },
  '/api/log/level': {
    post: {
      summary: 'Changes the level of the log until the next restart.',
      requestBody: toContent(toSchema(logLevelShape)),
      responses: { 200: toJson('The level.', toSchema(logLevelShape)), ...actionResponses },
    },
  },
  '/api/drain': {
    post: {
      summary: 'Shuts the gateway down as SIGTERM does.',
      responses: { 202: toJson('It drains.', toSchema(drainShape)), ...actionResponses },
    },
  },
};

function toOperation(resource: ApiResource): Record<string, unknown> {
  const { path, summary, schemaName, parameters = [], kind } = resource;
  const hasName = path.includes('{name}');
  return {
    summary,
    ...((hasName || parameters.length > 0) && {
      parameters: [
        ...(hasName ? [{ name: 'name', in: 'path', required: true, schema: { type: 'string' } }] : []),
        ...parameters.map(({ name, description, values, isNumber = false }) => ({
          ...{ name, in: 'query', description },
          schema: values === undefined ? { type: isNumber ? 'integer' : 'string' } : { enum: values },
        })),
      ],
    }),
    responses: {
      200:
        kind === 'single'
          ? toJson(summary, ref(schemaName))
          : {
              ...toJson(summary, { type: 'array', items: ref(schemaName) }),
              headers: {
                'X-Next-Page': toHeader('Next page; 1 on the last one.'),
                'X-Total-Count': toHeader('Entries of all pages.'),
              },
            },
      400: toJson('A parameter is invalid.', ref('Error')),
      ...(hasName && { 404: toJson('No entry has this name.', ref('Error')) }),
      503: toJson('The workers do not reply.', ref('Error')),
    },
  };
}

/** Removes the dialect, because OpenAPI 3.1 already implies JSON Schema 2020-12. */
function toSchema(shape: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...schema } = z.toJSONSchema(shape);
  return schema;
}

function ref(name: string) {
  return { $ref: `#/components/schemas/${name}` };
}

function toContent(schema: object) {
  return { content: { 'application/json': { schema } } };
}

function toJson(description: string, schema: object) {
  return { description, ...toContent(schema) };
}

const toHeader = (description: string) => ({ description, schema: { type: 'integer' } });
