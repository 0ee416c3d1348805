import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { FastifyError, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { toFailure, UserError } from '../errors.ts';
import type { Actor, App } from '../types.ts';
import { refusal } from './lines.ts';
import { pkt, Translate } from './pkt.ts';
import { ended, gitBytes, gitEnvironment, killGroup, spawnGit } from './process.ts';
import type { Pushes } from './pushes.ts';
import type { Receiver } from './receive.ts';

export interface GitRoutesOptions {
  receiver: Receiver;
  /** A connection on which nothing moves for this long is closed; default 2 minutes. */
  idleMs?: number;
}

type Service = 'git-receive-pack' | 'git-upload-pack';
type Params = { Params: { repository: string } };
const services: readonly Service[] = ['git-receive-pack', 'git-upload-pack'];
const advertisementBytes = 256 * 1024 * 1024;
const hookBytes = 8 * 1024 * 1024;
/** Lines that wait for a slow pusher; beyond this, log lines are left out rather than held in memory. */
const waitingBytes = 4 * 1024 * 1024;

/**
 * The git door over HTTP: git's "smart" protocol (gitprotocol-http) in front of `git receive-pack` and `git upload-pack`.
 *
 * Written on git's own programs and not on node-git-server 1.0.0, which asks for a password on the advertisement only (a
 * direct POST goes through), dies of an oversized push, hangs on `refs/notes/*`, hands git the server's environment,
 * inflates without limit and never kills git. What is left of its work is this file.
 *
 * Every request is authenticated, before anything of it is looked at, by the password of HTTP Basic; the user name and
 * tokens in addresses mean nothing. Refusals are text/plain, because git prints such bodies (`remote: …`).
 * The server that this is registered on needs `requestTimeout: 0`: a slow push may take long.
 */
export const gitRoutes: FastifyPluginAsync<GitRoutesOptions> = async (
  app,
  { receiver, idleMs = 120_000 },
) => {
  const { pushes } = receiver.options;
  const actors = new WeakMap<FastifyRequest, Actor>();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _body, done) => done(null));
  app.addHook('onRequest', async (request, reply) => {
    const actor = authenticate(request, pushes);
    if (actor === null) return refuseStranger(request, reply);
    actors.set(request, actor);
  });
  const open = (request: FastifyRequest<Params>, service: Service) => {
    const actor = actors.get(request);
    if (!actor) throw new Error('a request passed without authentication');
    return { actor, app: openApp(pushes, actor, request.params.repository, service) };
  };
  app.setErrorHandler((thrown: FastifyError | UserError, request, reply) => {
    const error = thrown instanceof UserError ? thrown : asUserError(thrown);
    if (!(error instanceof UserError)) request.log.error(error);
    return refuse(reply, status(error), refusal(toFailure(error, request.id)));
  });

  app.get<Params & { Querystring: { service?: unknown } }>(
    '/:repository/info/refs',
    { exposeHeadRoute: false },
    async (request, reply) => {
      const service = services.find((name) => name === request.query.service);
      if (!service)
        throw new UserError(
          'bad-input',
          'Landfall speaks the smart git protocol only.',
          'Use git 1.6.6 or newer.',
        );
      const { app: opened } = open(request, service);
      const refs = await advertise(receiver, opened, service, protocol(request));
      return uncached(reply)
        .type(`application/x-${service}-advertisement`)
        .send(Buffer.concat([pkt(`# service=${service}\n`), Buffer.from('0000'), refs]));
    },
  );

  app.post<Params>('/:repository/git-receive-pack', async (request, reply) => {
    const { app: opened, actor } = open(request, 'git-receive-pack');
    const body = inflate(request.raw, receiver.options.maxInputBytes);
    const push = await receiver.start(opened, actor);
    uncached(reply).type('application/x-git-receive-pack-result').hijack();
    watch(request.raw, reply.raw, idleMs, () => push.cancel());
    const translate = new Translate();
    push.child.stdout.pipe(translate);
    push.child.stderr.resume();
    relay({ body, request: request.raw, reply, child: push.child, output: translate, done: push.done });
  });

  app.post<Params>('/:repository/git-upload-pack', async (request, reply) => {
    const { app: opened } = open(request, 'git-upload-pack');
    const body = inflate(request.raw, receiver.options.maxInputBytes);
    const { repositories } = receiver.options;
    await repositories.create(opened.id);
    const args = ['upload-pack', '--strict', '--stateless-rpc', repositories.path(opened.id)];
    const child = spawnGit(args, gitEnvironment(protocol(request)));
    uncached(reply).type('application/x-git-upload-pack-result').hijack();
    watch(request.raw, reply.raw, idleMs, () => killGroup(child));
    const done = ended(child, args).catch((error: unknown) => request.log.info(error));
    relay({ body, request: request.raw, reply, child, output: child.stdout, done });
  });

  app.addHook('preClose', async () => receiver.close());
};

/** The hook's side, for the server on the local Unix socket only. The answer ends properly when the push is accepted,
 * and breaks off when it is refused. */
export const internalPushRoutes: FastifyPluginAsync<{ receiver: Receiver }> = async (app, { receiver }) => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string', bodyLimit: hookBytes }, (_request, body, done) =>
    done(null, body),
  );
  app.post<{ Params: { id: string }; Body: string }>('/internal/push/:id', async (request, reply) => {
    const push = receiver.find(request.params.id);
    if (!push) return reply.code(404).send();
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
    raw.flushHeaders();
    raw.on('error', () => {});
    const quarantine = request.headers['landfall-quarantine'];
    let skipped = 0;
    const write = (line: string) => {
      if (raw.destroyed) return;
      if (raw.writableLength > waitingBytes && !line.startsWith('! ')) return void skipped++;
      if (skipped > 0) raw.write(`… ${skipped} lines left out …\n`);
      skipped = 0;
      raw.write(`${line}\n`);
    };
    const accepted = await push.verdict(
      request.body,
      typeof quarantine === 'string' ? quarantine : '',
      write,
    );
    if (accepted) raw.end();
    // What was written still reaches the hook; the end of the answer does not.
    else raw.socket?.destroySoon();
  });
};

/** The password of HTTP Basic; null when the header is absent or malformed. */
export function basicPassword(header: string | undefined): string | null {
  const match = /^basic +([A-Za-z0-9+/_-]+=*) *$/i.exec(header ?? '');
  const text = Buffer.from(match?.[1] ?? '', 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? null : text.slice(colon + 1);
}

function authenticate(request: FastifyRequest, pushes: Pushes): Actor | null {
  return pushes.authenticate(basicPassword(request.headers.authorization));
}

/** The same answer for every stranger, whatever was asked for. A body is not waited for. */
function refuseStranger(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (request.method !== 'GET') reply.header('connection', 'close');
  reply.header('www-authenticate', 'Basic realm="Landfall"');
  return refuse(reply, 401, [
    '! unauthorized: This needs a valid token as the password (any user name).',
    '  → On the server: landfall tokens create',
  ]);
}

function refuse(reply: FastifyReply, code: number, lines: readonly string[]): FastifyReply {
  return uncached(reply)
    .code(code)
    .type('text/plain; charset=utf-8')
    .send(`${lines.join('\n')}\n`);
}

/** fastify's own objections are the request's fault; everything else is ours. */
function asUserError(error: FastifyError): UserError | FastifyError {
  const { statusCode = 500, message } = error;
  return statusCode < 500 ? new UserError('bad-input', message, 'Push with git itself.') : error;
}

function status(error: unknown): number {
  if (!(error instanceof UserError)) return 500;
  if (error.code === 'forbidden') return 403;
  if (error.code === 'not-found') return 404;
  return error.code === 'too-large' ? 413 : 400;
}

function openApp(pushes: Pushes, actor: Actor, repository: string, service: Service): App {
  const name = repository.replace(/\.git$/, '');
  const purpose = service === 'git-receive-pack' ? 'push' : 'read';
  const may = purpose === 'read' || actor.right !== 'read';
  const app = may ? pushes.openApp(name, actor, purpose) : null;
  if (app) return app;
  throw new UserError(
    'forbidden',
    `There is no app of that name that this token may ${purpose === 'push' ? 'push to' : 'read'}.`,
    'Look at the name in git remote -v; on the server, landfall apps lists the apps, landfall tokens create gives a token.',
  );
}

/** Protocol version 2 is for fetching only; anything but the known form is ignored. */
function protocol(request: FastifyRequest): Record<string, string> {
  const wanted = request.headers['git-protocol'];
  return typeof wanted === 'string' && /^[a-z0-9=:.-]{1,100}$/.test(wanted) ? { GIT_PROTOCOL: wanted } : {};
}

async function advertise(receiver: Receiver, app: App, service: Service, version: Record<string, string>) {
  const { repositories } = receiver.options;
  await repositories.create(app.id);
  const program = service === 'git-receive-pack' ? 'receive-pack' : 'upload-pack';
  const env = gitEnvironment(program === 'upload-pack' ? version : {});
  const args = [program, '--stateless-rpc', '--advertise-refs', repositories.path(app.id)];
  return gitBytes(args, env, { maxBytes: advertisementBytes });
}

function uncached(reply: FastifyReply): FastifyReply {
  return reply.header('cache-control', 'no-cache, max-age=0, must-revalidate');
}

/** The body as git sent it; what a packed one unpacks to is bounded like any other. */
function inflate(request: IncomingMessage, maxBytes: number): Readable {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return request;
  if (encoding !== 'gzip' && encoding !== 'x-gzip')
    throw new UserError(
      'bad-input',
      `The content encoding ${encoding} is not known here.`,
      'Use gzip or none.',
    );
  const unpacked = createGunzip();
  let room = maxBytes;
  unpacked.on('data', (chunk: Buffer) => {
    room -= chunk.length;
    if (room < 0) unpacked.destroy(new Error('the body unpacks to more than is allowed'));
  });
  unpacked.pause();
  unpacked.on('error', () => {});
  return request.pipe(unpacked);
}

/** Calls `gone` once when the client leaves before its answer is complete; closes a connection on which nothing moves. */
function watch(request: IncomingMessage, response: ServerResponse, idleMs: number, gone: () => void): void {
  const { socket } = request;
  const idle = () => socket.destroy();
  socket.setTimeout(idleMs);
  socket.on('timeout', idle);
  response.on('close', () => {
    socket.off('timeout', idle);
    if (!response.writableFinished) gone();
  });
  // It may have gone while git was being started.
  if (response.destroyed || socket.destroyed) gone();
}

interface Relay {
  body: Readable;
  request: IncomingMessage;
  reply: FastifyReply;
  child: ChildProcessWithoutNullStreams;
  output: Readable;
  /** When the request is over for git. */
  done: Promise<void>;
}

/**
 * Connects a request with a git process, each at the pace of the slower one. The answer ends when git has ended and
 * everything that belongs to it is done. When the client is gone, git's output is read to its end all the same: git must
 * not fail by a full pipe after traffic has moved.
 */
function relay({ body, request, reply, child, output, done }: Relay): void {
  const { raw } = reply;
  raw.on('error', () => {});
  const drain = () => {
    output.unpipe(raw);
    output.resume();
  };
  raw.on('close', drain);
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) raw.setHeader(name, value);
  if (body.destroyed) child.stdin.destroy();
  else body.pipe(child.stdin);
  // git stops reading when it refuses; the client, still sending, would never read why if we did the same.
  child.stdin.on('error', () => {
    body.unpipe(child.stdin);
    body.resume();
  });
  body.on('error', () => child.stdin.destroy());
  request.on('error', () => child.stdin.destroy());
  if (raw.destroyed) drain();
  else output.pipe(raw, { end: false });
  done.then(() => raw.end());
}
