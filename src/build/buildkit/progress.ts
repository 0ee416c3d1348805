import type { Status, Vertex } from './proto.ts';
import { command, readable, showSeconds, title } from './words.ts';

/** A step that failed, with what it printed last. */
export interface FailedStep {
  /** The instruction as in the Dockerfile, without mounts: `RUN npm ci`. */
  step: string;
  error: string;
  /** Its last lines, oldest first. */
  output: string[];
}

interface Step {
  vertex: Vertex;
  output: string[];
  /** What has come since the last line end. */
  partial: string;
  ended: boolean;
}

const keptOutput = 60;

/**
 * Turns what BuildKit reports into lines a person reads: one when a RUN begins, its output indented, one with its
 * seconds when a step ends. Steps of BuildKit's own (loading the Dockerfile, resolving a base) stay silent when quick.
 */
export class Progress {
  readonly #steps = new Map<string, Step>();
  readonly #log: (line: string) => void;
  /** The step whose header was printed last: output of another one needs its header again. */
  #current: string | null = null;

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  update(status: Status): void {
    for (const vertex of status.vertexes) this.#see(vertex);
    for (const log of status.logs) this.#output(log.vertex, log.text);
    for (const vertex of status.vertexes) if (vertex.completed !== null) this.#end(vertex.digest);
  }

  /** The first step that failed by itself, not because the build was given up. */
  failed(): FailedStep | null {
    for (const { vertex, output, partial } of this.#steps.values()) {
      if (vertex.error === '' || /context canceled/i.test(vertex.error)) continue;
      const last = readable(partial);
      return {
        step: command(vertex.name),
        error: vertex.error,
        output: last === '' ? output : [...output, last],
      };
    }
    return null;
  }

  #see(vertex: Vertex): void {
    const known = this.#steps.get(vertex.digest);
    if (known) known.vertex = vertex;
    else this.#steps.set(vertex.digest, { vertex, output: [], partial: '', ended: false });
    if (vertex.started !== null && vertex.completed === null && command(vertex.name).startsWith('RUN ')) {
      if (!known || known.vertex.started === null || this.#current === null) this.#header(vertex.digest);
    }
  }

  #output(digest: string, text: string): void {
    const step = this.#steps.get(digest);
    if (!step) return;
    const lines = (step.partial + text).split('\n');
    step.partial = lines.pop() ?? '';
    for (const raw of lines) this.#line(digest, step, readable(raw));
  }

  #line(digest: string, step: Step, line: string): void {
    // A progress bar repeats itself; one of it is enough.
    if (line === '' || line === step.output.at(-1)) return;
    step.output.push(line);
    if (step.output.length > keptOutput) step.output.shift();
    if (this.#current !== digest) this.#header(digest);
    this.#log(`      ${line}`);
  }

  #header(digest: string): void {
    const step = this.#steps.get(digest);
    if (!step || this.#current === digest) return;
    this.#current = digest;
    this.#log(title(step.vertex.name));
  }

  #end(digest: string): void {
    const step = this.#steps.get(digest);
    if (!step || step.ended) return;
    step.ended = true;
    if (step.partial !== '') this.#line(digest, step, readable(step.partial));
    step.partial = '';
    const { vertex } = step;
    const took = vertex.started === null || vertex.completed === null ? 0 : vertex.completed - vertex.started;
    const ours = /^\[internal\]|^copy \/context|^https?:\/\/|^exporting|^\[.*\] FROM /.test(vertex.name);
    if (/context canceled/i.test(vertex.error) || (ours && took < 0.5 && vertex.error === '')) return;
    const how =
      vertex.error !== ''
        ? `failed after ${showSeconds(took)}`
        : vertex.cached
          ? 'cached'
          : showSeconds(took);
    this.#log(`${title(vertex.name).replace(/…$/, '')} … ${how}`);
    if (this.#current === digest) this.#current = null;
  }
}
