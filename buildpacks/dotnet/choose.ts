import { posix } from 'node:path';
import { type Context, nothingToRun, PlanError } from '../buildpack.ts';
import { descendants, parseXml } from '../lib/xml.ts';
import { type Project, readProject } from './project.ts';

const projectFile = /\.(csproj|fsproj|vbproj)$/;
const rootFile = /\.(slnx?|csproj|fsproj|vbproj)$|^(global\.json|Directory\.(Build|Packages)\.props)$/;
const mostProjects = 200;

/** The file in the app's folder that says it is .NET; null when there is none. */
export function rootManifest(ctx: Context): string | null {
  const names = ctx.tree.in('').filter((name) => rootFile.test(name));
  return names.find((name) => /\.slnx?$/.test(name)) ?? names[0] ?? null;
}

/** The projects below the folder: those of its one solution, or all. */
export function projectsOf(ctx: Context): Project[] {
  const all = ctx.tree.files.filter((path) => projectFile.test(path)).slice(0, mostProjects);
  const solutions = ctx.tree.in('').filter((name) => /\.slnx?$/.test(name));
  const [solution] = solutions;
  const listed = solutions.length === 1 && solution !== undefined ? solutionProjects(ctx, solution) : [];
  const chosen = all.filter((path) => listed.length === 0 || listed.includes(path));
  return (chosen.length > 0 ? chosen : all).map((path) => readProject(ctx.repo, ctx.at(path)));
}

/** The project files that a solution names, relative to it. */
function solutionProjects(ctx: Context, file: string): string[] {
  const text = ctx.tree.manifest(file) ?? '';
  const paths = file.endsWith('x')
    ? descendants(parseXml(text, ctx.at(file)), 'Project').map((one) => one.attributes.Path ?? '')
    : [...text.matchAll(/^\s*Project\("\{[^}]*\}"\)\s*=\s*"[^"]*",\s*"([^"]+)"/gm)].map(
        (match) => match[1] ?? '',
      );
  return paths
    .map((path) => posix.normalize(path.replaceAll('\\', '/')))
    .filter((path) => projectFile.test(path));
}

/** The runnable projects that no other one includes, the strongest kind only. */
export function runnable(projects: readonly Project[]): Project[] {
  const live = projects.filter((one) => /^(web|wasm|worker|exe)$/.test(one.kind));
  const referenced = new Set(live.flatMap((one) => one.references));
  const roots = live.filter((one) => !referenced.has(one.path));
  for (const kind of ['web', 'wasm', 'worker', 'exe'] as const) {
    const found = roots.filter((one) => one.kind === kind);
    const serious = found.filter(
      (one) => !/(sample|demo|example|playground|sandbox|benchmark|migrat|seed|tool)/i.test(one.path),
    );
    if (found.length > 0) return serious.length > 0 ? serious : found;
  }
  return [];
}

/** The project that is deployed. Throws PlanError when there is none, or more than one. */
export function mainProject(ctx: Context, projects: readonly Project[]): Project {
  const found = runnable(projects);
  const [first] = found;
  if (first === undefined) throw none(ctx, projects);
  const asked = /([\w.-]+)\.dll\b/.exec(ctx.settings.start ?? ctx.procfile.web ?? '')?.[1];
  const named = projects.find((one) => one.assembly === asked);
  if (named !== undefined) return named;
  if (found.length === 1) return first;
  const folder = (one: Project) => posix.dirname(one.path);
  throw new PlanError(
    'ambiguous',
    'ambiguous',
    `Here are several .NET apps: ${found.map((one) => one.path).join(', ')}.`,
    `Choose one in landfall.toml: app = "${folder(first)}"`,
    {
      file: first.path,
      candidates: found.map((one) => ({
        stack: 'dotnet' as const,
        score: 90,
        choose:
          folder(one) === '.' || found.some((other) => other !== one && folder(other) === folder(one))
            ? `start = "dotnet ${one.assembly}.dll"`
            : `app = "${folder(one)}"`,
      })),
    },
  );
}

function none(ctx: Context, projects: readonly Project[]): PlanError {
  const of = (kind: string) => projects.find((one) => one.kind === kind);
  const windows = of('windows');
  const azure = of('function');
  const library = of('library');
  const hint =
    'Add a project with Sdk="Microsoft.NET.Sdk.Web" or <OutputType>Exe</OutputType>, or a Dockerfile.';
  if (windows !== undefined) {
    return nothingToRun(
      `${windows.path} is made for Windows or for a desktop (.NET Framework, WPF, Windows Forms, MAUI …): it cannot run on a Linux server.`,
      'Move it to a modern .NET (dotnet upgrade-assistant), or name another project with app = "…" in landfall.toml.',
      windows.path,
    );
  }
  if (azure !== undefined)
    return nothingToRun(
      `${azure.path} is an Azure Functions app, which runs in its own host.`,
      'Add a Dockerfile from mcr.microsoft.com/azure-functions/dotnet-isolated.',
      azure.path,
    );
  if (library !== undefined)
    return nothingToRun(`${library.path} is a library: nothing here runs.`, hint, library.path);
  const [test] = projects;
  if (test !== undefined)
    return nothingToRun(`${test.path} and its like are tests or tools: nothing here runs.`, hint, test.path);
  const where = rootManifest(ctx);
  return nothingToRun(
    where === null
      ? 'There are .NET sources, but no project file.'
      : `${where} is here, but no project file (.csproj, .fsproj).`,
    'Commit the project file, or add a Dockerfile.',
    where === null ? null : ctx.at(where),
  );
}
