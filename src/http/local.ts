import { PassThrough } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { runLine } from '../commands/cli.ts';
import type { Tools } from '../commands/command.ts';
import type { Actor } from '../types.ts';
import { newServer } from './server.ts';

/** Who can open the socket (mode 0600, root) has all rights. */
const onServer: Actor = { name: 'server', appId: null, right: 'admin' };

/**
 * The local door: the socket that `landfall …` and the hooks of git use. `POST /cli` takes a command line as form fields
 * `arg` and streams lines: `1…` for standard output, `2…` for standard error, at last `x` and the exit code.
 */
export async function localServer(
  tools: Tools,
  hooks: (server: FastifyInstance) => Promise<void>,
): Promise<FastifyInstance> {
  const server = newServer(true);
  server.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, new URLSearchParams(String(body))),
  );
  server.get('/healthz', async () => ({ ok: true, version: tools.settings.version }));
  server.get('/internal/idle', async (_request, reply) =>
    tools.deployer.idle() ? { idle: true } : reply.code(409).send({ idle: false }),
  );
  server.post('/cli', async (request, reply) => {
    const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
    const stdin = form.get('stdin');
    const abort = new AbortController();
    reply.raw.on('close', () => abort.abort(new Error('the client went away')));
    const stream = new PassThrough();
    const write = (mark: string) => (text: string) => {
      for (const line of text.split('\n')) stream.write(`${mark}${line}\n`);
    };
    void runLine(
      form.getAll('arg'),
      { tools, actor: onServer, signal: abort.signal, ...(stdin === null ? {} : { stdin }) },
      { out: write('1'), err: write('2') },
      request.id,
    )
      .catch((error) => {
        request.log.error(error);
        return 1;
      })
      .then((code) => stream.end(`x${code}\n`));
    return reply.type('text/plain; charset=utf-8').send(stream);
  });
  await hooks(server);
  return server;
}
