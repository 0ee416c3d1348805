import { type Evidence, evidence, invalid, type Warning } from './buildpack.ts';
import { devServer } from './lib/devserver.ts';
import type { Tree } from './lib/tree.ts';

/** A Dockerfile of the repository, and how to build it. Paths are in the repository. */
export interface OwnDockerfile {
  path: string;
  /** The folder that is sent as build context, '' for the root. */
  context: string;
  target: string | null;
  args: Record<string, string>;
  /** Where the decision comes from. */
  evidence: Evidence;
}

export interface DockerfileFacts {
  /** The ports of the stage that runs, as numbers. */
  ports: number[];
  /** CMD or ENTRYPOINT of the stage that runs, as one line; null when it takes its base's. */
  command: string | null;
  warnings: Warning[];
}

interface Instruction {
  line: number;
  name: string;
  /** Continued lines joined, comments left out. */
  text: string;
}

/** What a Dockerfile says of the image that runs. Throws PlanError when it is none. */
export function readDockerfile(repo: Tree, own: OwnDockerfile): DockerfileFacts {
  const text = repo.manifest(own.path);
  if (text === null) {
    throw invalid(
      own.evidence.file,
      null,
      `${own.evidence.file} names ${own.path}, which is not in the repository.`,
      'Name a Dockerfile that is committed.',
    );
  }
  const instructions = parse(text);
  const froms = instructions.filter((one) => one.name === 'FROM');
  if (froms.length === 0) {
    const line = instructions[0]?.line ?? 1;
    throw invalid(
      own.path,
      line,
      `${own.path} has no FROM.`,
      'Begin it with FROM and a base image, or remove it so that Landfall writes one.',
    );
  }
  const stages = froms.map((from, index) => {
    const words = from.text.split(/\s+/).filter((word) => !word.startsWith('--'));
    const name = /^as$/i.test(words[1] ?? '') ? (words[2] ?? '') : '';
    const end = froms[index + 1]?.line ?? Number.POSITIVE_INFINITY;
    return {
      base: words[0] ?? '',
      name,
      body: instructions.filter((one) => one.line > from.line && one.line < end),
    };
  });
  const wanted =
    own.target === null
      ? stages.at(-1)
      : stages.find(
          (stage, index) =>
            stage.name.toLowerCase() === own.target?.toLowerCase() || String(index) === own.target,
        );
  if (wanted === undefined) {
    const names = stages.map((stage) => stage.name).filter((name) => name !== '');
    throw invalid(
      own.path,
      null,
      `${own.path} has no stage "${own.target}".`,
      `Its stages are: ${names.join(', ') || 'not named'}.`,
    );
  }
  const defaults = new Map<string, string>();
  const ports: number[] = [];
  let command: string | null = null;
  const chain = [wanted];
  for (let stage = wanted; ; ) {
    const base = stages
      .slice(0, stages.indexOf(stage))
      .findLast((one) => one.name !== '' && one.name.toLowerCase() === stage.base.toLowerCase());
    if (base === undefined) break;
    chain.unshift(base);
    stage = base;
  }
  for (const { name, text } of [
    ...instructions.filter((one) => one.line < (froms[0]?.line ?? 0)),
    ...chain.flatMap((stage) => stage.body),
  ]) {
    if (name === 'ARG' || name === 'ENV') {
      for (const [, key = '', value = ''] of text.matchAll(/(\w+)(?:=|\s+)("[^"]*"|\S+)/g)) {
        defaults.set(key, own.args[key] ?? value.replaceAll('"', ''));
      }
    }
    if (name === 'EXPOSE') {
      for (const word of text.split(/\s+/)) {
        const value = word.replace(
          /\$\{?(\w+)(?::-(\d+))?\}?/,
          (_, key: string, fallback?: string) => defaults.get(key) ?? fallback ?? '',
        );
        const port = Number(/^(\d+)(?:\/tcp)?$/.exec(value)?.[1] ?? 0);
        if (port > 0 && port < 65536 && !ports.includes(port)) ports.push(port);
      }
    }
    if (name === 'CMD' || name === 'ENTRYPOINT') command = commandText(text);
  }
  const warnings: Warning[] = [];
  const dev = command === null ? null : devServer(command);
  if (dev !== null) {
    warnings.push({
      code: 'development-dockerfile',
      message: `${own.path} starts ${dev}, which only serves development ("${command}"); remove or rename it and Landfall writes a production one.`,
    });
  }
  const firstLine = /^\s*#\s*syntax\s*=\s*(\S+)/i.exec(text)?.[1];
  if (firstLine !== undefined) {
    warnings.push({
      code: 'syntax-line',
      message: `The line "# syntax=${firstLine}" is not used: the frontend built into the engine builds ${own.path}.`,
    });
  }
  if (ports.length > 1) {
    warnings.push({
      code: 'several-ports',
      message: `${own.path} exposes ${ports.join(', ')}; ${ports[0]} is used. Another one: port = … in landfall.toml.`,
    });
  }
  return { ports, command, warnings };
}

/** Splits a Dockerfile into instructions; heredoc bodies are skipped. */
function parse(text: string): Instruction[] {
  const found: Instruction[] = [];
  const escape = /^\s*#\s*escape\s*=\s*`/im.test(text) ? '`' : '\\';
  let open: Instruction | null = null;
  let heredoc: string | null = null;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (heredoc !== null) {
      if (line === heredoc) heredoc = null;
      continue;
    }
    if (line.startsWith('#')) continue;
    if (line === '' && open === null) continue;
    const continued = line.endsWith(escape);
    const part = continued ? line.slice(0, -1).trim() : line;
    if (open === null) {
      const [, name = '', rest = ''] = /^(\w+)\s*(.*)$/s.exec(part) ?? [];
      open = { line: index + 1, name: name.toUpperCase(), text: rest };
    } else open.text = `${open.text} ${part}`.trim();
    if (continued) continue;
    heredoc =
      open.name === 'RUN' || open.name === 'COPY'
        ? (/<<-?\s*["']?(\w+)["']?/.exec(open.text)?.[1] ?? null)
        : null;
    found.push(open);
    open = null;
  }
  if (open !== null) found.push(open);
  return found;
}

function commandText(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value.map(String).join(' ');
  } catch {
    // The shell form is no JSON.
  }
  return text;
}

/** The Dockerfile in the app's folder; null when there is none. */
export function rootDockerfile(repo: Tree, dir: string): OwnDockerfile | null {
  const prefix = dir === '' ? '' : `${dir}/`;
  const path = ['Dockerfile', 'dockerfile', 'Containerfile', 'DOCKERFILE']
    .map((name) => prefix + name)
    .find((name) => repo.has(name));
  if (path === undefined) return null;
  return { path, context: dir, target: null, args: {}, evidence: evidence(path, 'file', 'Dockerfile', 100) };
}
