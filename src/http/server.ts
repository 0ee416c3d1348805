import swagger from '@fastify/swagger';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Tools } from '../commands/command.ts';
import { toFailure, UserError } from '../errors.ts';
import type { Actor } from '../types.ts';
import { apiRoutes } from './api.ts';

declare module 'fastify' {
  interface FastifyRequest {
    actor: Actor;
  }
}

const statuses: Partial<Record<string, number>> = {
  unauthorized: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'stale-push': 409,
  superseded: 409,
  'nothing-to-roll-back': 409,
  'not-deployed': 409,
  'too-large': 413,
  'bad-input': 400,
  'bad-app-name': 400,
  'engine-down': 503,
  'proxy-down': 503,
  internal: 500,
};

/** Fastify as every door of ours wants it: failures shown as UserErrors, bugs logged whole and shown as an id. */
export function newServer(log: boolean): FastifyInstance {
  const server = Fastify({
    logger: log ? { level: 'warn', redact: ['req.headers.authorization'] } : false,
    bodyLimit: 1024 * 1024,
    requestTimeout: 0,
    keepAliveTimeout: 75_000,
    trustProxy: true,
    forceCloseConnections: 'idle',
  });
  server.setErrorHandler((error, request, reply) => {
    const failure = toFailure(asUserError(error), request.id);
    if (failure.code === 'internal') request.log.error(error);
    void reply.code(statuses[failure.code] ?? 422).send({ error: failure });
  });
  server.setNotFoundHandler((_request, reply) => {
    void reply.code(404).send({
      error: { code: 'not-found', message: 'There is nothing here.', hint: 'See /api/v1/openapi.json.' },
    });
  });
  return server;
}

/**
 * The public door, behind the proxy. Everything but `GET /healthz` is 401 unless the token is right, before anything else is
 * looked at, so that a stranger learns nothing.
 */
export async function publicServer(
  tools: Tools,
  git: (server: FastifyInstance) => Promise<void>,
): Promise<FastifyInstance> {
  const server = newServer(true);
  server.decorateRequest('actor', null as unknown as Actor);
  server.addHook('onRequest', async (request, reply) => {
    if (request.method === 'GET' && request.url === '/healthz') return;
    const actor = tools.store.access.authenticate(password(request));
    if (!actor) return refuse(reply);
    request.actor = actor;
  });
  server.get('/healthz', { schema: { hide: true } }, async () => ({
    ok: true,
    version: tools.settings.version,
  }));
  await server.register(swagger, {
    openapi: {
      info: { title: 'Landfall', version: tools.settings.version },
      servers: [{ url: '/api/v1' }],
      components: {
        securitySchemes: {
          password: {
            type: 'http',
            scheme: 'basic',
            description: 'Any user name, the token as the password.',
          },
          bearer: { type: 'http', scheme: 'bearer', description: 'The token.' },
        },
      },
      security: [{ password: [] }, { bearer: [] }],
    },
    // The git door is no part of the API.
    transform: ({ schema, url }) => ({ url, schema: url.startsWith('/api/v1/') ? schema : { hide: true } }),
  });
  await server.register(apiRoutes(tools), { prefix: '/api/v1' });
  await git(server);
  return server;
}

/** The token: a Basic password (any user name) or a Bearer token; never from the URL. */
export function password(request: FastifyRequest): string | null {
  const header = request.headers.authorization ?? '';
  const bearer = /^Bearer (\S+)$/i.exec(header)?.[1];
  if (bearer) return bearer;
  const basic = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(header)?.[1];
  return basic ? (Buffer.from(basic, 'base64').toString('utf8').split(/:(.*)/s)[1] ?? null) : null;
}

function refuse(reply: FastifyReply): FastifyReply {
  const failure = {
    code: 'unauthorized',
    message: 'A token is needed.',
    hint: 'Use it as the password, with any user name.',
  };
  return reply
    .code(401)
    .header('www-authenticate', 'Basic realm="Landfall", charset="UTF-8"')
    .send({ error: failure });
}

/** What fastify itself refuses is the request's fault, not a bug. */
function asUserError(error: unknown): unknown {
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  if (error instanceof UserError || !statusCode || statusCode >= 500) return error;
  return new UserError(
    statusCode === 413 ? 'too-large' : 'bad-input',
    message ?? 'The request is not right.',
    'See /api/v1/openapi.json.',
  );
}
