import type { Warning } from '../../buildpacks/buildpack.ts';
import { PlanError } from '../../buildpacks/buildpack.ts';
import { readCompose, readHerokuYml } from '../../buildpacks/compose.ts';
import { type OwnDockerfile, readDockerfile, rootDockerfile } from '../../buildpacks/dockerfile.ts';
import type { Tree } from '../../buildpacks/lib/tree.ts';
import { adaptDockerfile } from './adapt.ts';
import { type Built, generatedName, type PlanJson } from './outcome.ts';
import { defaultPort } from './render.ts';
import { type AppSettings, settingsFile } from './settings.ts';

/** A Dockerfile of the repository's own, and what is known about it before it is read. */
export interface Own {
  own: OwnDockerfile;
  start: string | null;
  processes: Record<string, string>;
  port: number | null;
  warnings: Warning[];
}

/** A Dockerfile that wins over every detection: the settings', the root's, heroku.yml's. */
export function ownDockerfile(
  repo: Tree,
  settings: AppSettings,
  processes: Record<string, string>,
): Own | null {
  const named = settings.dockerfile;
  if (named !== null) {
    const path = settings.app === '' || repo.has(named.path) ? named.path : `${settings.app}/${named.path}`;
    const evidence = { file: settingsFile, key: 'dockerfile', value: path, weight: 100 };
    return {
      own: { path, context: settings.app, target: named.target, args: named.args, evidence },
      start: null,
      processes,
      port: null,
      warnings: [],
    };
  }
  const root = rootDockerfile(repo, settings.app);
  const heroku = readHerokuYml(repo, settings.app);
  if (heroku !== null) return { ...heroku, start: heroku.processes.web ?? null, port: null, warnings: [] };
  if (root !== null) return { own: root, start: null, processes, port: null, warnings: [] };
  if (settings.stack !== 'dockerfile') return null;
  const compose = readCompose(repo, settings.app);
  if (compose !== null) return { ...compose, processes: {} };
  throw new PlanError(
    'invalid',
    'invalid-manifest',
    'stack = "dockerfile" is set, but there is no Dockerfile.',
    'Add one, or name it with dockerfile = "path" in landfall.toml.',
    {
      file: settingsFile,
    },
  );
}

/** Builds with it: what it says of ports and command goes into the plan. */
export function useDockerfile(repo: Tree, settings: AppSettings, found: Own, json: PlanJson): Built {
  json.stack = 'dockerfile';
  json.evidence.push(found.own.evidence);
  json.candidates = [{ stack: 'dockerfile', score: 100, choose: 'stack = "dockerfile"' }];
  const facts = readDockerfile(repo, found.own);
  json.warnings.push(...found.warnings, ...facts.warnings);
  json.processes = { ...found.processes, ...settings.processes };
  const start = settings.start ?? settings.processes.web ?? found.processes.web ?? found.start;
  if (start !== null && start !== undefined) json.processes.web = start;
  else if (facts.command !== null) json.processes.web = facts.command;
  json.start = json.processes.web ?? null;
  json.dockerfile = repo.read(found.own.path);
  const { context, path } = found.own;
  const below = context !== '' && path.startsWith(`${context}/`);
  const adapted = adaptDockerfile(json.dockerfile ?? '');
  return {
    dockerfile: adapted ? generatedName : below ? path.slice(context.length + 1) : path,
    context: below ? context : '',
    files: adapted ? { [generatedName]: adapted.text } : {},
    images: adapted?.images ?? [],
    args: found.own.args,
    target: found.own.target,
    port: settings.port ?? facts.ports[0] ?? found.port ?? defaultPort,
    processes: { ...json.processes, web: start ?? null },
    confine: 'custom',
    healthPath: settings.health,
    bootSeconds: settings.bootSeconds,
  };
}
