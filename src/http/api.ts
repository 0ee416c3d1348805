import { Readable } from 'node:stream';
import type { TSchema } from '@sinclair/typebox';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { Command, Tools } from '../commands/command.ts';
import { commands } from '../commands/index.ts';
import { runCommand } from '../commands/run.ts';

/** A route for each command, described by its schema. Rights are checked in commands/run.ts, as for every door. */
export function apiRoutes(tools: Tools): FastifyPluginAsync {
  return async (server) => {
    for (const command of commands) addRoute(server, tools, command);
    server.get('/openapi.json', { schema: { hide: true } }, async () => server.swagger());
  };
}

function addRoute(server: FastifyInstance, tools: Tools, command: Command): void {
  const names = command.path.match(/:(\w+)/g)?.map((name) => name.slice(1)) ?? [];
  const schemas = command.input.properties as Record<string, TSchema>;
  const others = Object.fromEntries(Object.entries(schemas).filter(([name]) => !names.includes(name)));
  const inQuery = command.method === 'GET';
  const required = (command.input.required ?? []).filter((name: string) => name in others);
  const rest = { type: 'object', properties: others, ...(required.length > 0 ? { required } : {}) };
  server.route({
    method: command.method,
    url: command.path,
    // The input is checked by runCommand, once for all doors: here the schema only describes.
    validatorCompiler: () => () => true,
    schema: {
      operationId: command.name.replaceAll(' ', '-'),
      summary: command.summary,
      ...(names.length > 0
        ? {
            params: {
              type: 'object',
              properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
              required: names,
            },
          }
        : {}),
      ...(Object.keys(others).length === 0 ? {} : inQuery ? { querystring: rest } : { body: rest }),
    },
    handler: (request, reply) => handle(tools, command, request, reply),
  });
}

async function handle(
  tools: Tools,
  command: Command,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const abort = new AbortController();
  reply.raw.on('close', () => abort.abort(new Error('the client went away')));
  const input = {
    ...fromQuery(command, record(request.query)),
    ...record(request.body),
    ...record(request.params),
  };
  const answer = await runCommand(command, input, {
    tools,
    actor: request.actor,
    say: () => {},
    signal: abort.signal,
  });
  if (answer.kind === 'value') return reply.send(answer.value);
  const lines = async function* (items: typeof answer.items) {
    for await (const item of items) yield `${JSON.stringify(item.value)}\n`;
  };
  return reply.type('application/x-ndjson').send(Readable.from(lines(answer.items)));
}

/** A query has only text: numbers, switches and lists are read by the schema. */
function fromQuery(command: Command, query: Record<string, unknown>): Record<string, unknown> {
  const schemas = command.input.properties as Record<string, TSchema>;
  return Object.fromEntries(
    Object.entries(query).map(([name, text]) => {
      const type = schemas[name]?.type;
      if (type === 'integer') return [name, Number(text)];
      if (type === 'boolean') return [name, text === 'true' || text === '1' || text === ''];
      return [name, type === 'array' && !Array.isArray(text) ? [text] : text];
    }),
  );
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
