import {
  type Buildpack,
  type Context,
  type Detection,
  evidence,
  nothingToRun,
  PlanError,
  type StackPlan,
  type Warning,
  weight,
} from '../buildpack.ts';
import { toolVersion, versionFile } from '../lib/toolfiles.ts';
import { Tree } from '../lib/tree.ts';
import { languages, resolveVersion } from '../lib/versions.ts';
import { appOf } from '../node/app.ts';
import { bunRuns } from '../node/bun.ts';
import { serverLibrary } from '../node/frameworks.ts';
import { type Manager, managerOf } from '../node/manager.ts';
import { type Package, readPackage, uses } from '../node/package.ts';
import { expand } from '../node/scripts.ts';
import { workspaceOf } from '../node/workspace.ts';
import { stages } from './build.ts';
import { fixedPort } from './port.ts';
import { type BunStart, bunCode, bunStart } from './start.ts';

/** Apps that run on Bun itself; where Bun only installs and builds, the app is a Node app. */
export const bun: Buildpack = {
  stack: 'bun',

  detect(ctx) {
    const pkg = readPackage(ctx.tree);
    if (pkg === null) return bareFile(ctx);
    const members = membersOn(ctx, pkg);
    if (members.length > 0) {
      return {
        role: 'server',
        evidence: [
          evidence(
            'package.json',
            'workspaces',
            members.join(', '),
            weight.manifest + weight.entry + weight.framework,
          ),
        ],
      };
    }
    const app = appOf(ctx, pkg, givenStart(ctx));
    if (!bunRuns(ctx, pkg, app)) return null;
    const start = bunStart(ctx, pkg);
    const framework = frameworkOf(pkg);
    const serves =
      framework !== null || (start?.file !== null && start !== null && bunCode(ctx.tree, start.file).serves);
    return {
      role: 'server',
      evidence: [
        evidence('package.json', 'name', pkg.name ?? 'unnamed', weight.manifest),
        ...(start === null
          ? [evidence('package.json', 'library', 'made for Bun', weight.sources)]
          : [
              evidence(
                start.source.startsWith('scripts.') ? 'package.json' : start.source,
                'start',
                start.command,
                weight.entry,
              ),
            ]),
        ...(serves
          ? [evidence('package.json', 'framework', framework ?? 'Bun.serve', weight.framework)]
          : []),
      ],
    };
  },

  plan(ctx) {
    const pkg = readPackage(ctx.tree);
    const members = pkg === null ? [] : membersOn(ctx, pkg);
    const [only] = members;
    if (only === undefined) return planApp(ctx, pkg);
    if (members.length > 1) {
      throw new PlanError(
        'ambiguous',
        'ambiguous',
        `This workspace holds several apps: ${members.join(', ')}.`,
        `Choose one in landfall.toml: app = "${only}"`,
        {
          file: 'package.json',
          candidates: members.map((dir) => ({ stack: 'bun' as const, score: 90, choose: `app = "${dir}"` })),
        },
      );
    }
    const inner = memberContext(ctx, only);
    const made = planApp(inner, readPackage(inner.tree));
    return {
      ...made,
      warnings: [
        ...made.warnings,
        {
          code: 'app-in-folder',
          message: `The only app of the workspace lies in ${only}/. To say so: app = "${only}" in landfall.toml.`,
        },
      ],
    };
  },
};

function givenStart(ctx: Context): string | null {
  return ctx.settings.start ?? ctx.procfile.web ?? null;
}

/** The members of a workspace root that run on Bun, when the root itself runs nothing. */
function membersOn(ctx: Context, pkg: Package): string[] {
  const workspace = workspaceOf(ctx);
  if (workspace === null || workspace.dir !== ctx.dir || givenStart(ctx) !== null) return [];
  const own = appOf(ctx, pkg, null);
  if (
    own.kind === 'server' &&
    bunRuns(ctx, pkg, own) &&
    bunStart(ctx, pkg)?.file !== null &&
    bunStart(ctx, pkg) !== null
  )
    return [];
  return workspace.members
    .filter((member) => {
      const inner = memberContext(ctx, member.dir);
      return (
        bunRuns(inner, member.pkg, appOf(inner, member.pkg, null)) && bunStart(inner, member.pkg) !== null
      );
    })
    .map((member) => member.dir);
}

function memberContext(ctx: Context, dir: string): Context {
  return {
    ...ctx,
    dir,
    tree: Tree.of(ctx.repo.source, dir),
    at: (path) => (path === '' ? dir : `${dir}/${path}`),
    procfile: {},
  };
}

function frameworkOf(pkg: Package | null): string | null {
  if (pkg === null) return null;
  return uses(pkg, 'elysia') ? 'elysia' : serverLibrary(pkg);
}

/** A server for Bun without package.json. */
function bareFile(ctx: Context): Detection | null {
  const start = bunStart(ctx, null);
  if (start?.file === null || start === null) return null;
  const { bun: says, serves } = bunCode(ctx.tree, start.file);
  if (!says || !serves) return null;
  return {
    role: 'server',
    evidence: [evidence(start.file, 'code', 'Bun.serve', weight.entry + weight.sources)],
  };
}

function planApp(ctx: Context, pkg: Package | null): StackPlan {
  const found = bunStart(ctx, pkg);
  const given = givenStart(ctx);
  const start: BunStart | null =
    given === null
      ? found
      : {
          command: expand(given, pkg?.scripts ?? {}),
          source: 'the given start command',
          file: found?.file ?? null,
          build: [],
        };
  if (start === null) {
    throw nothingToRun(
      'This project is made for Bun, but nothing says what to start: no start script, and no index.ts or server.ts that serves.',
      'Add a start script to package.json, for example "bun run src/index.ts".',
      ctx.at('package.json'),
    );
  }
  const workspace = pkg === null ? null : workspaceOf(ctx);
  const home = workspace?.tree ?? ctx.tree;
  const manager = onBun(managerOf(home, workspace?.pkg ?? pkg, ctx.settings.packageManager));
  const { version, warnings } = bunVersion(ctx, pkg);
  const fixed = fixedPort(ctx, start.file);
  const plan: StackPlan = {
    framework: frameworkOf(pkg),
    packageManager: pkg === null ? null : manager.name,
    version,
    static: false,
    start: start.command,
    stages: stages(ctx, pkg, manager, workspace, version.value, start),
    rewrite: (command) => expand(command, pkg?.scripts ?? {}),
    evidence: manager.evidence,
    warnings: [...manager.warnings, ...otherManager(manager), ...warnings, ...fixed.warnings],
  };
  return fixed.port === null ? plan : { ...plan, port: fixed.port };
}

/** Where nothing names a package manager, Bun's own installs. */
function onBun(manager: Manager): Manager {
  if (manager.name !== 'npm' || manager.lock !== null) return manager;
  return {
    ...manager,
    name: 'bun',
    warnings: manager.warnings.map((one) => ({ ...one, message: one.message.replace('of npm', 'of bun') })),
  };
}

function bunVersion(ctx: Context, pkg: Package | null) {
  const declared = /^bun@(\d[\w.]*)/.exec(pkg?.packageManager ?? '')?.[1];
  return resolveVersion(languages.bun, [
    ctx.settings.version === null ? null : { value: ctx.settings.version, source: 'landfall.toml version' },
    versionFile(ctx.tree, '.bun-version'),
    toolVersion(ctx.tree, 'bun'),
    declared === undefined ? null : { value: declared, source: 'package.json packageManager' },
    pkg?.engines.bun === undefined ? null : { value: pkg.engines.bun, source: 'package.json engines.bun' },
  ]);
}

function otherManager(manager: Manager): Warning[] {
  if (manager.name === 'bun') return [];
  return [
    {
      code: 'other-lock-file',
      message: `The app runs on Bun, and Bun installs it: it reads ${manager.lock ?? 'package.json'} of ${manager.name} as a starting point.`,
    },
  ];
}
