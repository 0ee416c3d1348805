import { type Context, nothingToRun, PlanError } from '../buildpack.ts';
import { record, text } from '../lib/json.ts';
import { Tree } from '../lib/tree.ts';
import type { App } from './app.ts';
import { configTokens, normalize, stringOf } from './config.ts';
import { serverLibrary } from './frameworks.ts';
import { type Package, uses } from './package.ts';

/** An application of an Nx repository that has one package.json for all of them. */
export interface NxProject {
  name: string;
  /** In the app's folder. */
  dir: string;
  executor: string;
  /** What its build writes to. */
  output: string | null;
}

/** The applications that project.json files name; with several, the one that the settings' `build` names. */
export function nxProjects(ctx: Context): NxProject[] {
  const { tree } = ctx;
  if (!tree.has('nx.json')) return [];
  const projects = tree.named('project.json').flatMap((path) => {
    const dir = path === 'project.json' ? '' : path.slice(0, -'/project.json'.length);
    const project = record(tree.json(path) ?? {});
    const name = text(project.name) ?? dir.slice(dir.lastIndexOf('/') + 1);
    if (project.projectType !== 'application' || /-e2e$/.test(name)) return [];
    if (dir !== '' && tree.has(`${dir}/package.json`)) return [];
    const build = record(record(project.targets).build);
    const path_ = record(build.options).outputPath;
    return [
      { name, dir, executor: text(build.executor) ?? '', output: text(path_) ?? text(record(path_).base) },
    ];
  });
  const words = ctx.settings.build?.split(/[\s:]+/) ?? [];
  const named = projects.filter((one) => words.includes(one.name));
  return named.length > 0 ? named : projects;
}

/** What the only application is. Throws PlanError for several, and for one that nothing here knows how to start. */
export function nxApp(ctx: Context, pkg: Package, projects: readonly NxProject[]): App {
  const [only] = projects;
  if (only === undefined || projects.length > 1) {
    throw new PlanError(
      'ambiguous',
      'ambiguous',
      `This Nx repository holds several apps: ${projects.map((one) => one.name).join(', ')}.`,
      `Choose one in landfall.toml: build = "nx build ${only?.name}"`,
      {
        file: 'nx.json',
        candidates: projects.map((one) => ({
          stack: 'node' as const,
          score: 90,
          choose: `build = "nx build ${one.name}"`,
        })),
      },
    );
  }
  const at = only.dir === '' ? '' : `${only.dir}/`;
  const inner: Context = { ...ctx, tree: Tree.of(ctx.repo.source, ctx.at(only.dir)), dir: ctx.at(only.dir) };
  const build = `nx build ${only.name}`;
  const why = `${at}project.json`;
  const common = { build, env: { NX_DAEMON: 'false' }, warnings: [] };
  const output = normalize(only.output ?? `dist/${only.dir === '' ? only.name : only.dir}`);
  const next = inner.tree.first('next.config.js', 'next.config.mjs', 'next.config.ts');
  const server = (start: string, framework: string | null): App => ({
    ...common,
    kind: 'server',
    framework,
    serves: framework !== null,
    source: why,
    start,
    extraBuild: [],
    keepDev: false,
    shape: null,
  });
  if (next !== null) return server(`next start ${/next/.test(only.executor) ? output : only.dir}`, 'next');
  if (inner.tree.first('index.html', 'src/index.html') !== null) {
    const angular = uses(pkg, '@angular/core');
    const vite = angular ? null : configTokens(inner, 'vite.config');
    const out = stringOf(vite, 'outDir');
    return {
      ...common,
      kind: 'site',
      framework: angular ? 'angular' : vite === null ? 'webpack' : 'vite',
      output:
        only.output === null && out !== null
          ? within(only.dir, out)
          : `${output}${/:application$/.test(only.executor) ? '/browser' : ''}`,
      fallback: true,
      why,
    };
  }
  if (inner.tree.first('src/main.ts', 'src/main.js', 'src/index.ts') !== null) {
    const stem = inner.tree.first('src/main.ts', 'src/main.js') === null ? 'index' : 'main';
    const folder = /:(?:tsc|swc)$/.test(only.executor) ? `${output}/src` : output;
    return server(`node ${folder}/${stem}.js`, uses(pkg, '@nestjs/core') ? 'nest' : serverLibrary(pkg));
  }
  throw nothingToRun(
    `${at}project.json is an app of an Nx repository whose start is not known.`,
    'Add start = "…" to landfall.toml.',
    why,
  );
}

/** A path as it is written in a folder's configuration, from the root. */
function within(dir: string, path: string): string {
  const parts = dir === '' ? [] : dir.split('/');
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}

/** The root's package without scripts: `nx build` and `nx serve` without a project build nothing. */
export function withoutScripts(pkg: Package): Package {
  const { build: _build, start: _start, ...scripts } = pkg.scripts;
  return { ...pkg, scripts };
}
