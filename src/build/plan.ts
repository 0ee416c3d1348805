import { readAppJson } from '../../buildpacks/appjson.ts';
import {
  type Buildpack,
  type Context,
  PlanError,
  type Source,
  type StackPlan,
  type Warning,
} from '../../buildpacks/buildpack.ts';
import { readCompose } from '../../buildpacks/compose.ts';
import { Tree } from '../../buildpacks/lib/tree.ts';
import { type Choice, choose, contextOf, forced } from './choose.ts';
import { type Built, generatedName, type PlanJson, type Planned, type Recipe } from './outcome.ts';
import { type Own, ownDockerfile, useDockerfile } from './own.ts';
import { parseProcfile } from './procfile.ts';
import { baseImages, defaultPort, renderDockerfile, renderIgnore } from './render.ts';
import { type AppSettings, readSettings, settingsFile } from './settings.ts';

export type { BaseImage, Source } from '../../buildpacks/buildpack.ts';

export type { PlanJson, Planned, Recipe } from './outcome.ts';

/**
 * Decides what a tree is, how it is built and what it runs. Pure: the same tree gives the same plan. Every failure that
 * its owner can mend is an outcome, never thrown. `clock` (milliseconds) only fills `elapsedMs`.
 */
export function plan(source: Source, clock: () => number = () => 0): Planned {
  const began = clock();
  const json: PlanJson = {
    schema: 1,
    outcome: 'plan',
    stack: null,
    framework: null,
    packageManager: null,
    version: null,
    static: false,
    start: null,
    processes: {},
    candidates: [],
    evidence: [],
    warnings: [],
    error: null,
    dockerfile: null,
    elapsedMs: 0,
  };
  let recipe: Recipe | null = null;
  try {
    recipe = decide(new Tree(source), json);
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    json.outcome = error.outcome;
    json.error = {
      code: error.code,
      file: error.file,
      line: error.line,
      message: error.message,
      hint: error.hint,
    };
    if (error.candidates.length > 0) json.candidates = [...error.candidates];
  }
  json.elapsedMs = Math.round((clock() - began) * 10) / 10;
  return { json, recipe };
}

function decide(repo: Tree, json: PlanJson): Recipe {
  const settings = readSettings(repo);
  if (!repo.hasFolder(settings.app)) {
    throw new PlanError(
      'invalid',
      'invalid-manifest',
      `${settingsFile}: app names the folder ${settings.app}, which does not exist.`,
      'Name a folder of the repository.',
      {
        file: settingsFile,
      },
    );
  }
  const prefix = settings.app === '' ? '' : `${settings.app}/`;
  const procfile = parseProcfile(repo.manifest(`${prefix}Procfile`) ?? '');
  json.warnings.push(...procfile.warnings);
  const { variables, formation, warnings } = readAppJson(
    prefix === '' ? repo : Tree.of(repo.source, settings.app),
  );
  json.warnings.push(...warnings);
  return { ...route(repo, settings, procfile.processes, json), variables, formation };
}

/** The user's Dockerfile, a stack, or a compose file. */
function route(repo: Tree, settings: AppSettings, processes: Record<string, string>, json: PlanJson): Built {
  const own =
    settings.stack === null || settings.stack === 'dockerfile'
      ? ownDockerfile(repo, settings, processes)
      : null;
  if (own !== null) return useDockerfile(repo, settings, own, json);

  if (settings.stack === 'nixpacks') json.stack = 'nixpacks';
  const choice =
    settings.stack === null
      ? chooseOrCompose(repo, settings, processes, json)
      : forced(contextOf(repo, settings, settings.app, processes), settings.stack);
  if ('own' in choice) return useDockerfile(repo, settings, choice, json);
  return useStack(choice, settings, json);
}

/** Detection; a compose file with one buildable service is used where detection finds nothing. */
function chooseOrCompose(
  repo: Tree,
  settings: AppSettings,
  processes: Record<string, string>,
  json: PlanJson,
): Choice | Own {
  try {
    return choose(repo, settings, processes);
  } catch (error) {
    if (!(error instanceof PlanError) || error.outcome === 'invalid') throw error;
    json.candidates = [...error.candidates];
    const compose = readCompose(repo, settings.app);
    if (compose === null) throw error;
    json.candidates = [];
    return { ...compose, processes: {} };
  }
}

function useStack(
  { buildpack, ctx, evidence, candidates, warnings }: Choice,
  settings: AppSettings,
  json: PlanJson,
): Built {
  json.stack = buildpack.stack;
  json.evidence = [...evidence];
  json.candidates = [...candidates];
  json.warnings.push(...warnings);
  const made = buildpack.plan(ctx);
  json.framework = made.framework;
  json.packageManager = made.packageManager;
  json.version = made.version;
  json.static = made.static;
  json.evidence.push(...(made.evidence ?? []));
  json.warnings.push(...made.warnings);
  const processes = processesOf(buildpack, ctx, settings, made, json.warnings);
  json.processes = processes;
  json.start = processes.web ?? null;
  if (!made.static && Object.keys(processes).length === 0) {
    throw new PlanError(
      'unsupported',
      'no-start-command',
      `This is a ${buildpack.stack} project, but nothing says what to start.`,
      'Add start = "…" to landfall.toml, or a Procfile with a web line.',
    );
  }
  const port = settings.port ?? made.port ?? defaultPort;
  const [main = 'web'] = json.start !== null || made.static ? ['web'] : Object.keys(processes);
  const run = (name: string) => commandOf(name, processes[name] ?? '', made);
  const dockerfile = renderDockerfile(made, {
    title: title(json, ctx),
    start: processes[main] === undefined ? null : run(main),
    port,
  });
  json.dockerfile = dockerfile;
  return {
    dockerfile: generatedName,
    context: '',
    files: {
      [generatedName]: dockerfile,
      [`${generatedName}.dockerignore`]: renderIgnore(made, ctx.repo.read('.dockerignore')),
    },
    images: baseImages(made),
    args: {},
    target: null,
    port,
    processes: {
      ...Object.fromEntries(Object.keys(processes).map((name) => [name, run(name)])),
      [main]: null,
    },
    confine: 'generated',
    healthPath: settings.health,
    bootSeconds: settings.bootSeconds,
  };
}

/** What the image runs for a process: the stack's own words, or the user's made to run there. */
function commandOf(name: string, command: string, made: StackPlan): string {
  const own =
    name === 'web' && made.start !== null && made.rewrite !== undefined && made.rejectStart === undefined;
  return own ? (made.start ?? command) : (made.rewrite?.(command) ?? command);
}

/** Settings over Procfile over the stack's own; a site that is served as files has no process of its own. */
function processesOf(
  buildpack: Buildpack,
  ctx: Context,
  settings: AppSettings,
  made: StackPlan,
  warnings: Warning[],
): Record<string, string> {
  const processes: Record<string, string> = { ...made.processes };
  if (made.start !== null) processes.web = made.start;
  const { web, ...others } = ctx.procfile;
  Object.assign(processes, others);
  if (web !== undefined && made.rejectStart === undefined && !made.static) processes.web = web;
  if (made.rejectStart !== undefined) warnings.push(made.rejectStart);
  else if (web !== undefined && made.static) {
    warnings.push({
      code: 'procfile-not-used',
      message: `The Procfile's web ("${web}") is not used: this ${buildpack.stack} app is served as files.`,
    });
  }
  Object.assign(processes, settings.processes);
  if (settings.start !== null) processes.web = settings.start;
  return made.static
    ? Object.fromEntries(Object.entries(processes).filter(([name]) => name !== 'web' && name !== 'release'))
    : processes;
}

function title(json: PlanJson, ctx: Context): string[] {
  const what = [json.framework, json.stack, json.version === null ? null : json.version.value]
    .filter((word) => word !== null)
    .join(', ');
  return [
    `Made by Landfall for ${ctx.dir === '' ? 'this repository' : `${ctx.dir}/`} (${what}). It builds anywhere: docker build .`,
    ...(json.version === null ? [] : [`Version ${json.version.value}: ${json.version.source}.`]),
    ...json.evidence.map((one) =>
      `Because of ${one.file}: ${one.key} ${one.value}`.replace(/\s+/g, ' ').slice(0, 110),
    ),
  ];
}
