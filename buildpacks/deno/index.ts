import {
  type Buildpack,
  type Context,
  type Evidence,
  evidence,
  nothingToRun,
  type StackPlan,
  type Warning,
  weight,
} from '../buildpack.ts';
import { images } from '../lib/images.ts';
import { serveStage, sitePlan } from '../lib/serve.ts';
import { toolVersion, versionFile } from '../lib/toolfiles.ts';
import type { Tree } from '../lib/tree.ts';
import { languages, resolveVersion } from '../lib/versions.ts';
import { remote, steps } from './build.ts';
import { type DenoConfig, entryFiles, readCode, readConfig } from './config.ts';
import { fixedPort } from './port.ts';
import { type DenoStart, entryCode, expandTask, findStart, watches } from './start.ts';

/** Libraries that serve, by a part of the name that they are imported with. */
const frameworks: readonly [RegExp, string][] = [
  [/(^|:|\/)@?\$?fresh(\/|@|$)/, 'fresh'],
  [/(^|\/)lume(@|\/|$)/, 'lume'],
  [/(^|[:/])@?hono(\/|@|$)/, 'hono'],
  [/(^|[:/])@?oak(\/|@|$)/, 'oak'],
  [/(^|[:/])express(\/|@|$)/, 'express'],
  [/(^|[:/])elysia(\/|@|$)/, 'elysia'],
  [/(^|[:/])fastify(\/|@|$)/, 'fastify'],
  [/(^|[:/])koa(\/|@|$)/, 'koa'],
  [/(^|[:/])aleph(\/|@|$)/, 'aleph'],
  [/(^|[:/])(opine|drash|alosaur|abc|ultra)(\/|@|$)/, '$2'],
];

/** Deno apps: deno.json with tasks, or an entry that imports by jsr:, npm: or address. */
export const deno: Buildpack = {
  stack: 'deno',

  detect(ctx) {
    const config = readConfig(ctx.tree);
    const reasons: Evidence[] = [];
    const code = entryCode(ctx.tree, config);
    const node = ctx.tree.has('package.json');
    if (config === null) {
      // A Node project may hold a file or two for Deno; without deno.json only a server for Deno in the root counts.
      if (code === null || !code.deno || (node && !code.serves)) return null;
      reasons.push(evidence(code.file, 'imports', 'Deno', weight.framework));
    } else {
      if (!config.runs && (code === null || !code.deno)) return null;
      reasons.push(evidence(config.file, 'manifest', 'deno', weight.manifest));
    }
    if (ctx.tree.has('deno.lock')) reasons.push(evidence('deno.lock', 'lock', 'deno', weight.hint));
    const framework = frameworkOf(ctx.tree, config);
    const { start } = findStart(ctx.tree, config);
    if (viteSite(config, framework, start)) {
      reasons.push(
        evidence(config?.file ?? 'deno.json', 'tasks.build', config?.tasks.build ?? '', weight.entry),
      );
      return { role: 'files', evidence: reasons };
    }
    if (framework === 'lume') {
      reasons.push(evidence(config?.file ?? 'deno.json', 'imports', 'lume', weight.entry));
    } else if (start !== null) {
      const file = config === null || start.source === start.entry ? start.source : config.file;
      reasons.push(evidence(file, 'start', start.command, weight.entry));
    }
    if (framework !== null || code?.deno === true) {
      if (config !== null)
        reasons.push(evidence(code?.file ?? config.file, 'framework', framework ?? 'Deno', weight.framework));
    }
    if (node && start === null)
      reasons.push(evidence('package.json', 'manifest', 'the project is for Node', weight.helper));
    return { role: framework === 'lume' ? 'files' : 'server', evidence: reasons };
  },

  plan(ctx) {
    const { tree } = ctx;
    const config = readConfig(tree);
    const framework = frameworkOf(tree, config);
    const { version, warnings } = resolveVersion(languages.deno, [
      ctx.settings.version === null ? null : { value: ctx.settings.version, source: 'landfall.toml version' },
      versionFile(tree, '.dvmrc'),
      versionFile(tree, '.deno-version'),
      toolVersion(tree, 'deno'),
    ]);
    const common = { framework, packageManager: 'deno', version };
    if (framework === 'lume') return lume(ctx, config, common, warnings);

    const { start: found, rejected } = findStart(tree, config);
    if (viteSite(config, framework, found) && ctx.settings.start === null)
      return site(
        ctx,
        config,
        common,
        { build: 'deno task build', output: 'dist', fallback: true },
        warnings,
      );
    const start = ctx.settings.start ?? ctx.procfile.web ?? found?.command ?? null;
    if (start === null) throw noStart(tree, config, rejected);
    const { port, warnings: about } =
      found === null
        ? { port: null, warnings: [] }
        : fixedPort(tree, { ...found, command: start }, framework);
    const build = ctx.settings.build ?? buildTask(config);
    const plan: StackPlan = {
      ...common,
      static: false,
      start: ctx.settings.start ?? found?.command ?? null,
      stages: [
        {
          name: 'runtime',
          from: images.deno(version.value),
          why: 'Deno runs the source; what it imports is fetched while building.',
          steps: steps(ctx, config, version.value, found?.entry ?? null, build),
        },
      ],
      warnings: [...warnings, ...about, ...noLock(tree, config)],
    };
    return port === null ? plan : { ...plan, port };
  },
};

/** The task that must run before the start; one that watches or only starts is none. */
function buildTask(config: DenoConfig | null): string | null {
  const task = config?.tasks.build;
  if (config === null || task === undefined) return null;
  const command = expandTask(task, config);
  return watches(command) || /\bdeno compile\b/.test(command) ? null : 'deno task build';
}

function lume(
  ctx: Context,
  config: DenoConfig | null,
  common: Common,
  warnings: readonly Warning[],
): StackPlan {
  const build = config?.tasks.build === undefined ? 'deno task lume' : 'deno task build';
  const file = ctx.tree.first('_config.ts', '_config.js');
  const said =
    file === null
      ? undefined
      : /\bdest:\s*["'`]\.?\/?([\w./-]+?)\/?["'`]/.exec(ctx.tree.read(file) ?? '')?.[1];
  return site(ctx, config, common, { build, output: said ?? '_site', fallback: false }, warnings);
}

type Common = Pick<StackPlan, 'framework' | 'packageManager' | 'version'>;

/** Deno makes the pages, the file server serves them. */
function site(
  ctx: Context,
  config: DenoConfig | null,
  common: Common,
  how: { build: string; output: string; fallback: boolean },
  warnings: readonly Warning[],
): StackPlan {
  const output = ctx.settings.output ?? how.output;
  const version = common.version?.value ?? languages.deno.preferred;
  return sitePlan({
    ...common,
    stages: [
      {
        name: 'build',
        from: images.deno(version),
        why: 'Deno makes the pages.',
        steps: steps(ctx, config, version, null, ctx.settings.build ?? how.build),
      },
      serveStage({
        from: 'build',
        path: `/app/${output}`,
        fallback: how.fallback,
        tree: ctx.tree,
        why: 'Only the pages.',
      }),
    ],
    warnings,
  });
}

/** The build makes a page for the browser with Vite, and no task or file of the app serves it by itself. */
function viteSite(config: DenoConfig | null, framework: string | null, start: DenoStart | null): boolean {
  const build = config?.tasks.build;
  if (
    config === null ||
    build === undefined ||
    framework === 'fresh' ||
    framework === 'lume' ||
    !/\bvite build\b|npm:vite(@\S+)? build\b/.test(build)
  )
    return false;
  return (
    start === null ||
    !start.source.startsWith('tasks.') ||
    /\b(vite|npm:vite\S*) preview\b|file[-_]server/.test(start.command) ||
    /\bpreview\b/.test(start.source)
  );
}

function frameworkOf(tree: Tree, config: DenoConfig | null): string | null {
  const names = [
    ...Object.keys(config?.imports ?? {}),
    ...Object.values(config?.imports ?? {}),
    ...entryFiles(tree)
      .slice(0, 4)
      .flatMap((file) => readCode(tree, file).imports),
  ];
  for (const [pattern, name] of frameworks) {
    const match = names.map((one) => pattern.exec(one)).find((one) => one !== null && one !== undefined);
    if (match !== undefined && match !== null) return name.replace('$2', match[2] ?? '');
  }
  return null;
}

function noLock(tree: Tree, config: DenoConfig | null): Warning[] {
  const imports = Object.values(config?.imports ?? {}).some(remote);
  if (tree.has('deno.lock') || !imports) return [];
  return [
    {
      code: 'no-lock-file',
      message: 'There is no deno.lock: each build may get other versions. Make one with: deno install',
    },
  ];
}

function noStart(tree: Tree, config: DenoConfig | null, rejected: string | null) {
  if (rejected !== null) {
    return nothingToRun(
      `The only task that starts the app, ${rejected}, serves development.`,
      'Add a task "start" to deno.json, for example: "deno run -A main.ts".',
      config?.file,
    );
  }
  if (config?.published === true) {
    return nothingToRun(
      `${config.file} describes a package for others (name and exports), and nothing in it is started.`,
      'Add a task "start", or start = "…" in landfall.toml.',
      config.file,
    );
  }
  const seen = entryFiles(tree);
  return nothingToRun(
    `This is a Deno project, but nothing says what to start: no task "start", no main.ts or server.ts that runs${seen.length === 0 ? '' : ` (seen: ${seen.join(', ')})`}.`,
    'Add a task "start" to deno.json, or start = "deno run -A path.ts" in landfall.toml.',
    config?.file,
  );
}
