import {
  type Buildpack,
  type Context,
  type Detection,
  type Evidence,
  evidence,
  nothingToRun,
  PlanError,
  type StackPlan,
  weight,
} from '../buildpack.ts';
import { denoRuns } from '../deno/start.ts';
import { devServer } from '../lib/devserver.ts';
import { Tree } from '../lib/tree.ts';
import { type App, appOf } from './app.ts';
import { bareFile, planBareFile } from './bare.ts';
import { bunRuns } from './bun.ts';
import type { Base } from './install.ts';
import { managerOf } from './manager.ts';
import { nxApp, nxProjects, withoutScripts } from './nx.ts';
import { type Package, readPackage } from './package.ts';
import { expand } from './scripts.ts';
import { serverPlan, sitePlanOf } from './stages.ts';
import { foldersOf } from './start.ts';
import { nodeVersion } from './version.ts';
import { isSideMember, type Member, type Workspace, workspaceOf } from './workspace.ts';

/** Node: servers, frameworks that render, sites that are built to files, and the members of workspaces. */
export const node: Buildpack = {
  stack: 'node',

  detect(ctx) {
    const pkg = readPackage(ctx.tree);
    if (pkg === null) return bareFile(ctx);
    const workspace = workspaceOf(ctx);
    if (workspace !== null && workspace.dir === ctx.dir) {
      const found = targets(ctx, workspace);
      if (found.own === null && found.members.length > 0) {
        return {
          role: 'server',
          evidence: [
            evidence(
              'package.json',
              'workspaces',
              found.members.map((one) => one.member.dir).join(', '),
              weight.manifest + weight.entry + weight.framework,
            ),
          ],
        };
      }
    }
    const projects = givenStart(ctx) === null ? nxProjects(ctx) : [];
    if (projects.length > 0) {
      const names = projects.map((one) => one.name).join(', ');
      const found = evidence('nx.json', 'projects', names, weight.entry + weight.framework);
      return {
        role: 'server',
        evidence: [evidence('package.json', 'name', pkg.name ?? 'unnamed', weight.manifest), found],
      };
    }
    const alone = appOf(ctx, pkg, givenStart(ctx));
    const worker = alone.kind === 'none' ? onlyWorkers(ctx) : null;
    const app = worker === null ? alone : appOf(ctx, pkg, worker);
    if (bunRuns(ctx, pkg, app) || (app.kind === 'server' && denoRuns(ctx.tree, app))) return null;
    return weigh(pkg, app);
  },

  plan(ctx) {
    const pkg = readPackage(ctx.tree);
    if (pkg === null) return planBareFile(ctx);
    const workspace = workspaceOf(ctx);
    if (workspace !== null && workspace.dir === ctx.dir) {
      const found = targets(ctx, workspace);
      if (found.own === null && found.members.length > 0) return planMember(workspace, found.members);
    }
    const projects = givenStart(ctx) === null ? nxProjects(ctx) : [];
    if (projects.length > 0)
      return planApp(ctx, withoutScripts(pkg), workspace, [], nxApp(ctx, pkg, projects));
    const folder = workspace === null ? delegated(ctx, pkg) : null;
    const inner = folder === null ? null : readPackage(ctx.tree, folder);
    if (folder !== null && inner !== null) {
      const made = planApp(folderContext(ctx, ctx.at(folder)), inner, null);
      const message = `The start script starts ${folder}/, which has a package.json of its own. To say so: app = "${ctx.at(folder)}" in landfall.toml.`;
      return { ...made, warnings: [...made.warnings, { code: 'app-in-folder', message }] };
    }
    return planApp(ctx, pkg, workspace);
  },
};

/** The folder that the start script goes into, when nothing of the root installs its modules: it is the app then. */
function delegated(ctx: Context, pkg: Package): string | null {
  const start = givenStart(ctx) ?? pkg.scripts.start ?? '';
  const folder = /^cd ([\w@./-]+) && /.exec(expand(start, pkg.scripts, foldersOf(ctx)))?.[1];
  if (folder === undefined || !ctx.tree.has(`${folder}/package.json`)) return null;
  const installs = Object.entries(pkg.scripts).some(
    ([name, script]) =>
      name !== 'start' && name !== 'dev' && script.includes(folder) && /\b(?:install|ci|i)\b/.test(script),
  );
  return installs ? null : folder;
}

/** What comes before package.json's own start: the settings' or the Procfile's command. */
function givenStart(ctx: Context): string | null {
  return ctx.settings.start ?? ctx.procfile.web ?? null;
}

/** The Procfile's processes where none of them is `web`: the app may be a worker only. */
function onlyWorkers(ctx: Context): string | null {
  return ctx.procfile.web === undefined && ctx.settings.start === null
    ? (Object.values(ctx.procfile)[0] ?? null)
    : null;
}

function weigh(pkg: Package, app: App): Detection {
  const manifest = evidence('package.json', 'name', pkg.name ?? 'unnamed', weight.manifest);
  switch (app.kind) {
    case 'server':
      return {
        role: 'server',
        evidence: [
          manifest,
          ...(app.serves
            ? [evidence('package.json', 'framework', app.framework ?? 'serves HTTP', weight.framework)]
            : []),
          evidence('package.json', app.source, app.start, weight.entry),
        ],
      };
    case 'site':
      return {
        role: 'files',
        evidence: [
          manifest,
          evidence('package.json', 'framework', app.framework ?? 'files', weight.framework),
          evidence('package.json', 'output', app.output, weight.entry),
        ],
      };
    case 'none':
      // A library is what the repository is; a package.json for tools only helps.
      return app.library
        ? { role: 'server', evidence: [manifest, evidence('package.json', 'library', app.why, weight.entry)] }
        : { role: 'tools', evidence: [{ ...manifest, weight: 10 }] };
  }
}

function planApp(
  ctx: Context,
  pkg: Package,
  workspace: Workspace | null,
  notes: Evidence[] = [],
  known: App | null = null,
): StackPlan {
  const given = givenStart(ctx);
  const alone = known ?? appOf(ctx, pkg, given);
  const worker = alone.kind === 'none' ? onlyWorkers(ctx) : null;
  const app = worker === null ? alone : appOf(ctx, pkg, worker);
  if (app.kind === 'none') {
    throw nothingToRun(
      `${ctx.at('package.json')} has nothing to start: ${app.why}.`,
      'Add a start script to package.json, or start = "…" to landfall.toml.',
      ctx.at('package.json'),
    );
  }
  const home = workspace === null || workspace.dir === ctx.dir ? ctx.tree : workspace.tree;
  const manager = managerOf(home, workspace?.pkg ?? pkg, ctx.settings.packageManager);
  const { version, warnings } = nodeVersion(
    ctx,
    workspace === null || workspace.pkg === pkg ? [pkg] : [pkg, workspace.pkg],
  );
  const base: Base = { ctx, pkg, manager, workspace, version };
  const made = app.kind === 'site' ? sitePlanOf(base, app) : serverPlan(base, app);
  const scripts = pkg.scripts;
  const rejected =
    given !== null &&
    devServer(expand(given, scripts, foldersOf(ctx))) !== null &&
    app.warnings[0] !== undefined
      ? { rejectStart: app.warnings[0] }
      : {};
  return {
    ...made,
    ...(worker === null ? {} : { start: null }),
    ...rejected,
    rewrite: (command) => expand(command, scripts, foldersOf(ctx)),
    evidence: [...notes, ...manager.evidence],
    warnings: [
      ...manager.warnings,
      ...warnings,
      ...('rejectStart' in rejected ? app.warnings.slice(1) : app.warnings),
      ...made.warnings,
    ],
  };
}

interface Target {
  member: Member;
  ctx: Context;
  app: App;
}

/** What a workspace root can deploy: a program of its own, or members. */
function targets(ctx: Context, workspace: Workspace): { own: App | null; members: Target[] } {
  const start = givenStart(ctx) ?? workspace.pkg.scripts.start ?? null;
  const named = start === null ? null : namedMember(expand(start, workspace.pkg.scripts), workspace);
  const all = workspace.members.map((member) => {
    const inner = folderContext(ctx, member.dir);
    return { member, ctx: inner, app: appOf(inner, member.pkg, null) };
  });
  if (named !== null) return { own: null, members: all.filter((one) => one.member === named) };
  const own = appOf(ctx, workspace.pkg, givenStart(ctx));
  const orchestrated =
    start !== null &&
    /\b(?:turbo|nx|lerna|wsrun|ultra|preconstruct|moon|rush|concurrently|run-p|workspaces?)\b|(?:^|\s)(?:-ws|-r|--recursive|--parallel)\b/.test(
      expand(start, workspace.pkg.scripts),
    );
  if (own.kind !== 'none' && !orchestrated && !(own.kind === 'server' && devServer(own.start) !== null))
    return { own, members: [] };
  const deployable = all.filter(
    (one) => one.app.kind !== 'none' && !bunRuns(one.ctx, one.member.pkg, one.app),
  );
  const front = deployable.filter((one) => !isSideMember(workspace, one.member));
  // Packages for others, shown by examples and tried by tests: none of these is what is deployed; a documentation may be.
  const pages = deployable.filter((one) => /(?:^|\/)(?:docs?|documentation)$/.test(one.member.dir));
  return { own: null, members: front.length > 0 ? front : pages };
}

function folderContext(ctx: Context, dir: string): Context {
  return {
    ...ctx,
    dir,
    tree: Tree.of(ctx.repo.source, dir),
    at: (path) => (path === '' ? dir : `${dir}/${path}`),
    procfile: {},
  };
}

/** The member that a root script starts: `yarn workspace api start`, `npm start -w api`, `pnpm --filter api start`. */
function namedMember(command: string, workspace: Workspace): Member | null {
  const names = [
    ...command.matchAll(
      /(?:\bworkspace\s+|(?:-w|--workspace|--filter|-F|--scope|--prefix|--cwd|-C|--dir)[= ]\s*|\bcd\s+)["']?([\w@/.-]+)/g,
    ),
  ].map((match) => (match[1] ?? '').replace(/^\.\/|\.\.\.$|\/+$/g, ''));
  const found = new Set(
    names.flatMap((name) =>
      workspace.members.filter(
        (member) => member.pkg.name === name || member.dir === name || member.dir.endsWith(`/${name}`),
      ),
    ),
  );
  const [only] = found;
  return found.size === 1 && only !== undefined ? only : null;
}

function planMember(workspace: Workspace, members: readonly Target[]): StackPlan {
  const [only] = members;
  if (only === undefined || members.length > 1) {
    const list = members.map((one) => one.member.dir);
    throw new PlanError(
      'ambiguous',
      'ambiguous',
      `This workspace holds several apps: ${list.join(', ')}.`,
      `Choose one in landfall.toml: app = "${list[0]}"`,
      {
        file: 'package.json',
        candidates: members.map((one) => ({
          stack: 'node' as const,
          score: 90,
          choose: `app = "${one.member.dir}"`,
        })),
      },
    );
  }
  const made = planApp({ ...only.ctx, procfile: {} }, only.member.pkg, workspace, [
    evidence(
      `${only.member.dir}/package.json`,
      'workspace member',
      only.member.pkg.name ?? only.member.dir,
      weight.entry,
    ),
  ]);
  return {
    ...made,
    warnings: [
      ...made.warnings,
      {
        code: 'app-in-folder',
        message: `The only app of the workspace lies in ${only.member.dir}/. To say so: app = "${only.member.dir}" in landfall.toml.`,
      },
    ],
  };
}
