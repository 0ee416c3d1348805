import { posix } from 'node:path';
import { evidence, PlanError, type Warning } from './buildpack.ts';
import type { OwnDockerfile } from './dockerfile.ts';
import { record, strings, text } from './lib/json.ts';
import type { Tree } from './lib/tree.ts';

const composeFiles = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];

export interface ComposeResult {
  own: OwnDockerfile;
  start: string | null;
  port: number | null;
  warnings: Warning[];
}

/**
 * The one buildable service of a compose file in the app's folder; null when there is none. Several are ambiguous.
 * The services that are only images (databases, caches) are reported: Landfall does not start them.
 */
export function readCompose(repo: Tree, dir: string): ComposeResult | null {
  const prefix = dir === '' ? '' : `${dir}/`;
  const file = composeFiles.map((name) => prefix + name).find((name) => repo.has(name));
  if (file === undefined) return null;
  const services = Object.entries(record(record(repo.yaml(file) ?? {}).services)).map(([name, value]) => ({
    name,
    service: record(value),
  }));
  const buildable = services.flatMap(({ name, service }) => {
    if (service.build === undefined || service.build === null) return [];
    const build = typeof service.build === 'string' ? { context: service.build } : record(service.build);
    const context = posix.normalize(posix.join(dir, text(build.context) ?? '.')).replace(/^\.$|\/$/g, '');
    if (context.startsWith('..') || /^[a-z+]+:|^git@/.test(text(build.context) ?? '')) return [];
    const path = posix.join(context, text(build.dockerfile) ?? 'Dockerfile');
    if (!repo.has(path)) return [];
    return [{ name, service, build: record(build), context, path }];
  });
  if (buildable.length === 0) return null;
  const distinct = new Set(buildable.map((one) => `${one.path} ${text(one.build.target) ?? ''}`));
  const [first] = buildable;
  if (distinct.size > 1 || first === undefined) {
    throw new PlanError(
      'ambiguous',
      'ambiguous',
      `${file} builds several services: ${buildable.map((one) => one.name).join(', ')}.`,
      `Choose one in landfall.toml, for example: dockerfile = "${first?.path}".`,
      {
        file,
        candidates: buildable.map((one) => ({
          stack: 'dockerfile' as const,
          score: 60,
          choose: one.context === '' ? `dockerfile = "${one.path}"` : `app = "${one.context}"`,
        })),
      },
    );
  }
  const others = services.filter(({ name }) => !buildable.some((one) => one.name === name));
  const warnings: Warning[] = others.map(({ name, service }) => ({
    code: 'compose-service',
    message: `The service ${name} of ${file}${text(service.image) === null ? '' : ` (${text(service.image)})`} is not started by Landfall; give the app its address as a variable.`,
  }));
  const published = strings(first.service.ports)
    .map((port) => Number(/(\d+)(?:\/tcp)?$/.exec(port)?.[1]))
    .find((port) => port > 0);
  return {
    own: {
      path: first.path,
      context: first.context,
      target: text(first.build.target),
      args: composeArgs(first.build.args),
      evidence: evidence(file, `services.${first.name}.build`, first.path, 60),
    },
    start: Array.isArray(first.service.command)
      ? strings(first.service.command).join(' ')
      : text(first.service.command),
    port: published ?? null,
    warnings,
  };
}

function composeArgs(value: unknown): Record<string, string> {
  if (Array.isArray(value)) {
    return Object.fromEntries(
      value.flatMap((item) => {
        const [, name, set] = /^(\w+)=(.*)$/s.exec(String(item)) ?? [];
        return name === undefined || set === undefined || set.includes('$') ? [] : [[name, set]];
      }),
    );
  }
  if (value === null || typeof value !== 'object') return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, set]) =>
      set === null || typeof set === 'object' || String(set).includes('$') ? [] : [[name, String(set)]],
    ),
  );
}

/** heroku.yml: the Dockerfile of `web` and its commands; null when there is none or it builds no image of its own. */
export function readHerokuYml(
  repo: Tree,
  dir: string,
): { own: OwnDockerfile; processes: Record<string, string> } | null {
  const file = dir === '' ? 'heroku.yml' : `${dir}/heroku.yml`;
  if (!repo.has(file)) return null;
  const value = record(repo.yaml(file) ?? {});
  const docker = record(record(value.build).docker);
  const [process, path] =
    Object.entries(docker).find(([name]) => name === 'web') ?? Object.entries(docker)[0] ?? [];
  if (process === undefined) return null;
  const dockerfile = typeof path === 'string' ? path : text(record(path).dockerfile);
  if (dockerfile === null) return null;
  const processes: Record<string, string> = {};
  for (const [name, run] of Object.entries(record(value.run))) {
    const command =
      typeof run === 'string'
        ? run
        : Array.isArray(record(run).command)
          ? strings(record(run).command).join(' ')
          : text(record(run).command);
    if (command !== null) processes[name] = command;
  }
  const full = posix.join(dir, dockerfile);
  return {
    own: {
      path: full,
      context: posix.dirname(full) === '.' ? '' : dir,
      target: text(record(path).target),
      args: composeArgs(record(value.build).config),
      evidence: evidence(file, `build.docker.${process}`, dockerfile, 100),
    },
    processes,
  };
}
