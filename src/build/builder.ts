import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Builder, BuildRequest, BuildResult, PullOutcome } from '../engine/engine.ts';
import { UserError } from '../errors.ts';
import { pause } from '../loop.ts';
import { Daemon, field, parse, record } from './buildkit/daemon.ts';
import { buildFailure } from './buildkit/failure.ts';
import { filterTar, findIgnore, parseIgnore } from './buildkit/ignore.ts';
import { Progress } from './buildkit/progress.ts';
import { decodeStatus } from './buildkit/proto.ts';
import { openSession } from './buildkit/session.ts';

export interface BuilderOptions {
  /** Docker's socket; default /var/run/docker.sock. */
  socketPath?: string;
  /** Every image made is labelled with it, `landfall.instance`, but for bases. */
  instance: string;
}

const mostTries = 5;
const retryMs = 500;

/** The step was another build's, whose session is gone. */
class SessionLost extends UserError {
  constructor() {
    super('engine-down', 'Docker lost the session of this build several times.', 'Push again.');
  }
}

/**
 * Builds with the BuildKit that is inside dockerd, over Docker's own API: POST /session for the secrets, POST /build for
 * the work. Memory and CPU of a build cannot be bounded that way: BuildKit ignores those parameters of the API.
 */
export class BuildKitBuilder implements Builder {
  readonly #daemon: Daemon;
  readonly #instance: string;

  constructor(options: BuilderOptions) {
    this.#daemon = new Daemon(options.socketPath ?? '/var/run/docker.sock');
    this.#instance = options.instance;
  }

  async build(request: BuildRequest): Promise<BuildResult> {
    const begun = performance.now();
    const image = await this.#tryAgain(request);
    const { sizeBytes } = await this.inspect(image);
    return { image, sizeBytes, seconds: (performance.now() - begun) / 1000 };
  }

  /**
   * BuildKit makes one of equal steps of two builds. When the build that began the step is gone, with its session, the other
   * fails with it for no fault of its own: then it is tried again.
   */
  async #tryAgain(request: BuildRequest): Promise<string> {
    for (let tries = 1; ; tries++) {
      request.signal.throwIfAborted();
      const session = await openSession(this.#daemon, request.secrets);
      try {
        return await this.#run(request, session.id);
      } catch (error) {
        if (tries === mostTries || !(error instanceof SessionLost)) throw error;
      } finally {
        session.close();
      }
      await pause(tries * retryMs, request.signal);
    }
  }

  async #run(request: BuildRequest, session: string): Promise<string> {
    const { signal } = request;
    const answer = await this.#daemon.open({
      method: 'POST',
      path: '/build',
      query: {
        version: '2',
        session,
        t: request.tag,
        dockerfile: request.dockerfile,
        buildargs: JSON.stringify(request.args),
        labels: JSON.stringify(this.#labels(request.labels)),
        ...(request.target === null ? {} : { target: request.target }),
      },
      headers: { 'Content-Type': 'application/x-tar' },
      body: await context(request),
      signal,
    });
    const progress = new Progress(request.log);
    let image: string | null = null;
    let error: string | null = null;
    try {
      for await (const line of createInterface({ input: answer })) {
        const json = parse(line);
        const aux = record(json).aux;
        if (typeof aux === 'string') progress.update(decodeStatus(aux));
        else image = field(aux, 'ID') ?? image;
        error = field(json, 'error') ?? field(record(json).errorDetail, 'message') ?? error;
        if (answer.statusCode !== 200) error ??= field(json, 'message') ?? line;
      }
    } catch (cause) {
      // The connection broke: what was said before still counts. A broken context is the caller's own error.
      if (!signal.aborted && !isReset(cause)) throw cause;
    }
    signal.throwIfAborted();
    if (error !== null && /no active session/.test(error)) throw new SessionLost();
    if (error !== null) throw buildFailure(error, progress.failed());
    if (image !== null) return image;
    throw new UserError(
      'engine-down',
      'The Docker daemon ended the build without a result.',
      'See that it runs (systemctl status docker), then push again.',
    );
  }

  /** Bases belong to no instance: all on this host share them. */
  #labels(labels: Record<string, string>): Record<string, string> {
    return 'landfall.base' in labels ? labels : { ...labels, 'landfall.instance': this.#instance };
  }

  async find(image: string): Promise<string | null> {
    const { status, json, message } = await this.#image('GET', image, '/json');
    if (status === 404) return null;
    if (status !== 200) throw new Error(`docker inspect ${image}: ${message}`);
    return field(json, 'Id');
  }

  async pull(image: string, timeoutMs: number, signal: AbortSignal): Promise<PullOutcome> {
    const silence = new AbortController();
    let answered = false;
    AbortSignal.timeout(timeoutMs).addEventListener('abort', () => {
      if (!answered) silence.abort();
    });
    const [name, tag] = split(image);
    let failure: string | null = null;
    try {
      const answer = await this.#daemon.open({
        method: 'POST',
        path: '/images/create',
        query: { fromImage: name, tag },
        signal: AbortSignal.any([signal, silence.signal]),
      });
      for await (const line of createInterface({ input: answer })) {
        const json = parse(line);
        failure = field(json, 'error') ?? (answer.statusCode === 200 ? failure : field(json, 'message'));
        // `Pulling from library/node`: the registry answered, and may take the time it needs.
        if (field(json, 'status')?.startsWith('Pulling from')) answered = true;
      }
    } catch (cause) {
      if (!silence.signal.aborted) throw cause;
    }
    signal.throwIfAborted();
    if (silence.signal.aborted) return 'unreachable';
    if (failure === null) return 'pulled';
    return /manifest unknown|not found|denied|unauthorized|no matching manifest/i.test(failure)
      ? 'absent'
      : 'unreachable';
  }

  async inspect(image: string) {
    const { status, json, message } = await this.#image('GET', image, '/json');
    if (status !== 200) throw new Error(`docker inspect ${image}: ${message}`);
    const config = record(record(json).Config);
    const ports = Object.keys(record(config.ExposedPorts)).map((port) => Number.parseInt(port, 10));
    const filled = (value: unknown) => Array.isArray(value) && value.length > 0;
    const size = record(json).Size;
    return {
      ports: ports.filter((port) => port > 0),
      hasCommand: filled(config.Cmd) || filled(config.Entrypoint),
      user: field(config, 'User') ?? '',
      sizeBytes: typeof size === 'number' ? size : 0,
    };
  }

  async remove(image: string): Promise<void> {
    const { status, message } = await this.#image('DELETE', image, '');
    // 404: it is gone already; 409: a container uses it.
    if (status >= 300 && status !== 404 && status !== 409) throw new Error(`docker rmi ${image}: ${message}`);
  }

  #image(method: 'GET' | 'DELETE', image: string, rest: string) {
    return this.#daemon.ask({ method, path: `/images/${encodeURI(image)}${rest}` });
  }
}

function isReset(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNRESET';
}

/** The tar to send, less what the ignore file leaves out. */
async function context(request: BuildRequest): Promise<Readable> {
  const ignore = await findIgnore(request.context(), request.dockerfile);
  const tar = request.context();
  return ignore === null ? tar : filterTar(tar, parseIgnore(ignore), request.dockerfile);
}

/** `host:5000/name:tag` → name and tag; a digest stays with the name's other half as the tag. */
function split(image: string): [string, string] {
  const digest = image.indexOf('@');
  if (digest !== -1) return [image.slice(0, digest), image.slice(digest + 1)];
  const colon = image.lastIndexOf(':');
  return colon > image.lastIndexOf('/') ? [image.slice(0, colon), image.slice(colon + 1)] : [image, 'latest'];
}
