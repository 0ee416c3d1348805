import { posix } from 'node:path';
import {
  type Buildpack,
  type Context,
  type Evidence,
  evidence,
  type StackPlan,
  type Stage,
  type Step,
  type Warning,
  weight,
} from '../buildpack.ts';
import { images } from '../lib/images.ts';
import { record, text } from '../lib/json.ts';
import { nodeStage, nodeTools } from '../lib/nodetools.ts';
import { serveStage, sitePlan } from '../lib/serve.ts';
import { toolVersion } from '../lib/toolfiles.ts';
import type { Tree } from '../lib/tree.ts';
import { languages, resolveVersion } from '../lib/versions.ts';
import { mainProject, projectsOf, rootManifest, runnable } from './choose.ts';
import { fixedPort } from './port.ts';
import { type Project, readProject, sharedFiles } from './project.ts';

/** ASP.NET Core and other .NET programs, by their project files; Blazor for the browser as files. */
export const dotnet: Buildpack = {
  stack: 'dotnet',

  detect(ctx) {
    const manifest = rootManifest(ctx);
    if (manifest === null) {
      const sources = ['.cs', '.fs', '.vb'].flatMap((extension) => ctx.tree.withExtension(extension));
      const [first] = sources;
      if (first === undefined || ctx.tree.files.some((path) => /\.(cs|fs|vb)proj$/.test(path))) return null;
      return {
        role: 'server',
        evidence: [
          evidence(
            first,
            'sources',
            `${sources.length} of .NET`,
            sources.length > 2 ? weight.entry : weight.sources,
          ),
        ],
      };
    }
    const reasons: Evidence[] = [evidence(manifest, 'manifest', '.NET', weight.manifest)];
    const projects = projectsOf(ctx);
    const found = runnable(projects);
    const [first] = found;
    if (first === undefined)
      return {
        role: 'server',
        evidence: [
          ...reasons,
          evidence(projects[0]?.path ?? manifest, 'kind', projects[0]?.kind ?? 'no project', weight.sources),
        ],
      };
    reasons.push(evidence(first.path, 'kind', first.kind, weight.entry));
    if (first.kind !== 'exe')
      reasons.push(evidence(first.path, 'framework', frameworkOf(first) ?? first.kind, weight.framework));
    return { role: found.every((one) => one.kind === 'wasm') ? 'files' : 'server', evidence: reasons };
  },

  plan(ctx) {
    const projects = projectsOf(ctx);
    const project = mainProject(ctx, projects);
    const closure = closureOf(ctx.repo, project);
    const asked = /^net(?:coreapp)?(\d+\.\d+)/i.exec(project.framework ?? '')?.[1] ?? null;
    const sdk = globalJson(ctx);
    const { version, warnings } = resolveVersion(languages.dotnet, [
      ctx.settings.version === null ? null : { value: ctx.settings.version, source: 'landfall.toml version' },
      asked === null ? null : { value: asked, source: `${posix.basename(project.path)} TargetFramework` },
      asked !== null || sdk === null ? null : { value: sdk.line, source: 'global.json' },
      asked !== null ? null : toolVersion(ctx.tree, 'dotnet', 'dotnet-core', 'dotnet-sdk'),
    ]);
    const build = buildStage(ctx, project, closure, sdkTag(version.value, sdk));
    const node = closure.some((one) => one.npm) ? [nodeStage] : [];
    const common = { framework: frameworkOf(project), packageManager: 'nuget', version };
    const ignore = ['**/obj', '**/bin/Debug', '**/bin/Release'];
    const notes = [...warnings, ...others(projects, project)];
    if (project.kind === 'wasm') {
      const stage = serveStage({
        from: 'build',
        path: '/out/wwwroot',
        fallback: true,
        tree: ctx.tree,
        why: 'Only what the browser loads.',
      });
      return sitePlan({ ...common, stages: [...node, build, stage], ignore, warnings: notes });
    }
    const web = project.kind === 'web';
    const command = `dotnet ${project.assembly}.dll`;
    const start = ctx.settings.start ?? (web ? command : null);
    const fixed = web ? fixedPort(ctx.repo, project) : { port: null, warnings: [] };
    const plan: StackPlan = {
      ...common,
      static: false,
      start,
      processes: start === null ? { worker: command } : {},
      stages: [
        ...node,
        build,
        runtimeStage(
          version.value,
          closure.some((one) => one.aspnet || one.kind === 'web'),
        ),
      ],
      portEnv: web ? { ASPNETCORE_URLS: 'http://0.0.0.0:$PORT' } : {},
      ignore,
      warnings: [...notes, ...fixed.warnings],
    };
    return fixed.port === null ? plan : { ...plan, port: fixed.port };
  },
};

function frameworkOf(project: Project): string | null {
  if (project.kind === 'wasm') return 'blazor';
  const special = ['Giraffe', 'Suave', 'Saturn', 'Falco', 'Nancy', 'ServiceStack'].find((name) =>
    project.packages.has(name),
  );
  if (special !== undefined) return special.toLowerCase();
  if (project.kind === 'web') return project.aspnet ? 'aspnetcore' : null;
  return project.kind === 'worker' ? 'worker' : null;
}

/** The project and all that it includes. Bounded against projects that include each other. */
function closureOf(repo: Tree, project: Project): Project[] {
  const found = new Map([[project.path, project]]);
  for (const one of found.values()) {
    for (const path of one.references) if (!found.has(path)) found.set(path, readProject(repo, path));
  }
  return [...found.values()];
}

function buildStage(ctx: Context, project: Project, closure: readonly Project[], sdk: string): Stage {
  const { repo } = ctx;
  const nuget = { id: 'nuget', target: '/root/.nuget/packages' };
  const shared = ['global.json', 'NuGet.config', 'nuget.config', 'NuGet.Config']
    .flatMap((name) => [...new Set([name, ctx.at(name)])])
    .filter((path) => repo.has(path));
  const files = new Set([
    ...shared,
    ...closure.flatMap((one) => [
      one.path,
      posix.join(posix.dirname(one.path), 'packages.lock.json'),
      ...sharedFiles(repo, posix.dirname(one.path)),
    ]),
  ]);
  const folders = Map.groupBy(
    [...files].filter((path) => repo.has(path)),
    (path) => posix.dirname(path),
  );
  const whole = closure.some((one) => one.unclear);
  const locked = repo.has(posix.join(posix.dirname(project.path), 'packages.lock.json'))
    ? ' --locked-mode'
    : '';
  const file = /\s/.test(project.path) ? `'${project.path}'` : project.path;
  const several = project.several && project.framework !== null ? ` -f ${project.framework}` : '';
  const plain = project.special.map((name) => ` -p:${name}=false`).join('');
  const publish =
    ctx.settings.build ??
    `dotnet publish ${file} -c Release${several} -o /out${project.kind === 'wasm' ? '' : ` -p:UseAppHost=false${plain}`}`;
  const restore: Step = {
    do: 'run',
    commands: [`dotnet restore ${file}${locked}`],
    network: true,
    caches: [nuget],
  };
  return {
    name: 'build',
    from: images.dotnetSdk(sdk),
    why: 'Compiles and publishes the project.',
    steps: [
      { do: 'workdir', path: '/src' },
      { do: 'env', values: { DOTNET_CLI_TELEMETRY_OPTOUT: '1', DOTNET_NOLOGO: '1' } },
      ...(closure.some((one) => one.npm) ? nodeTools : []),
      ...(whole
        ? []
        : [
            ...[...folders].map(
              ([folder, paths], index): Step => ({
                do: 'copy',
                paths,
                to: folder === '.' ? './' : `${folder}/`,
                ...(index === 0
                  ? { why: 'Project files before source: an edit of the source downloads nothing again.' }
                  : {}),
              }),
            ),
            restore,
          ]),
      { do: 'copy', paths: ['.'], to: './' },
      { do: 'run', commands: [publish], network: true, caches: [nuget] },
    ],
  };
}

function runtimeStage(version: string, aspnet: boolean): Stage {
  return {
    name: 'runtime',
    from: aspnet ? images.aspnet(version) : images.dotnet(version),
    why: 'The runtime without the SDK.',
    steps: [
      { do: 'workdir', path: '/app' },
      {
        do: 'env',
        values: {
          DOTNET_NOLOGO: '1',
          DOTNET_EnableDiagnostics: '0',
          ...(aspnet ? { ASPNETCORE_FORWARDEDHEADERS_ENABLED: 'true' } : {}),
        },
      },
      { do: 'copy', from: 'build', paths: ['/out/'], to: './' },
    ],
  };
}

interface Sdk {
  line: string;
  /** The exact release, when global.json accepts no newer one of the line. */
  exact: string | null;
}

function globalJson(ctx: Context): Sdk | null {
  const at = [ctx.tree, ctx.repo].find((tree) => tree.has('global.json'));
  if (at === undefined) return null;
  const sdk = record(record(at.json('global.json') ?? {}).sdk);
  const version = text(sdk.version);
  const line = /^(\d+\.\d+)/.exec(version ?? '')?.[1];
  if (version === null || line === undefined) return null;
  const strict = /^(patch|latestPatch|disable)$/.test(text(sdk.rollForward) ?? 'latestPatch');
  return { line, exact: strict ? version : null };
}

/** The SDK is global.json's when that is not older than what the project targets. */
function sdkTag(version: string, sdk: Sdk | null): string {
  const line = /^\d+\.\d+/.exec(version)?.[0] ?? version;
  if (sdk === null || Number.parseFloat(sdk.line) < Number.parseFloat(line)) return line;
  return sdk.exact ?? sdk.line;
}

/** What else would run, and is not. */
function others(projects: readonly Project[], main: Project): Warning[] {
  const rest = projects.filter(
    (one) =>
      one !== main && (one.kind === 'worker' || one.kind === 'wasm') && !main.references.includes(one.path),
  );
  return rest.map((one) => ({
    code: 'not-started',
    message: `${one.path} (${one.kind}) is not part of this app: deploy it as another app, with app = "${posix.dirname(one.path)}".`,
  }));
}
