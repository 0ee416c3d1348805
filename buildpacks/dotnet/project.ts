import { posix } from 'node:path';
import type { Tree } from '../lib/tree.ts';
import { descendants, type Element, parseXml } from '../lib/xml.ts';

/**
 * `web` serves HTTP, `wasm` is built to files for the browser, `worker` and `exe` run without serving, `windows` needs
 * .NET Framework or a desktop, `tool` is tests, benchmarks and what only starts the others.
 */
export type Kind = 'web' | 'wasm' | 'worker' | 'exe' | 'library' | 'windows' | 'tool' | 'function';

export interface Project {
  /** Path in the repository. */
  path: string;
  name: string;
  kind: Kind;
  /** `net8.0`, the newest of several; null: not said. */
  framework: string | null;
  /** It targets several, so that publishing must name one. */
  several: boolean;
  /** The name of the dll. */
  assembly: string;
  packages: Set<string>;
  /** Projects of the repository that it refers to. */
  references: string[];
  /** Its build reads files that its references do not name. */
  unclear: boolean;
  /** Its build runs npm. */
  npm: boolean;
  /** Settings that publish in a form that `dotnet x.dll` cannot start. */
  special: string[];
  aspnet: boolean;
}

const webPackages =
  /^(Microsoft\.AspNetCore(\.App|\.All)?|Giraffe|Suave|Saturn|EmbedIO|Nancy(\.Hosting\..*)?|NetCoreServer|ServiceStack|Falco|Carter|FastEndpoints|Oxpecker|WebSharper\.AspNetCore|GenHTTP\..*)$/i;
const testPackages =
  /^(Microsoft\.NET\.Test\.Sdk|xunit|xunit\.v3|NUnit|MSTest(\.TestFramework)?|TUnit|BenchmarkDotNet|Expecto|bunit)$/i;
const desktopPackages =
  /^(Avalonia(\.Desktop)?|Uno\.WinUI|Eto\.Forms|MonoGame\..*|Microsoft\.WindowsAppSDK|Terminal\.Gui|Raylib.*|Silk\.NET.*|OpenTK)$/i;

/** Reads one project file of the repository. Throws PlanError for a file that is no XML. */
export function readProject(repo: Tree, path: string): Project {
  const root = parseXml(repo.manifest(path) ?? '', path);
  const dir = posix.dirname(path);
  const shared = sharedProps(repo, dir);
  const property = (name: string): string | null =>
    expand(
      propertyOf(root, name) ?? sharedProperty(shared, name),
      (key) => propertyOf(root, key) ?? sharedProperty(shared, key),
    );
  const sdks = [
    root.attributes.Sdk ?? '',
    ...root.children.filter((one) => one.name === 'Sdk').map((one) => one.attributes.Name ?? ''),
    ...descendants(root, 'Import').map((one) => one.attributes.Sdk ?? ''),
  ];
  const sdk = sdks.filter((one) => one !== '').join(';');
  const packages = new Set(
    descendants(root, 'PackageReference').map((one) => one.attributes.Include ?? one.attributes.Update ?? ''),
  );
  const frameworks = descendants(root, 'FrameworkReference').map((one) => one.attributes.Include ?? '');
  const targets = (property('TargetFrameworks') ?? property('TargetFramework') ?? '')
    .split(';')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  const modern = targets
    .filter((one) => /^(net\d+\.\d+|netcoreapp\d+\.\d+)$/i.test(one))
    .sort((a, b) => numberOf(a) - numberOf(b));
  const name = posix.basename(path).replace(/\.\w+$/, '');
  const inclusions = descendants(root, 'ProjectReference').map((one) =>
    (one.attributes.Include ?? '').replaceAll('\\', '/'),
  );
  const paths = inclusions.map((one) => posix.normalize(posix.join(dir, one)));
  const aspnet =
    /Sdk\.(Web|Razor|BlazorWebAssembly)\b/.test(sdk) ||
    frameworks.includes('Microsoft.AspNetCore.App') ||
    [...packages].some((one) => webPackages.test(one));
  const text = repo.read(path) ?? '';
  const project: Project = {
    path,
    name,
    kind: 'library',
    framework: modern.at(-1) ?? null,
    several: targets.length > 1,
    assembly: property('AssemblyName') ?? name,
    packages,
    references: paths.filter((one) => repo.has(one) && !one.endsWith('.esproj')),
    unclear:
      paths.some((one) => !repo.has(one)) ||
      [root, ...shared].some((one) =>
        descendants(one, 'Import').some((item) => item.attributes.Sdk === undefined),
      ),
    npm: /<SpaRoot>|\b(npm|yarn|pnpm) (ci|install|run|i)\b|\.esproj"/.test(text),
    special: ['PublishAot', 'PublishSingleFile', 'PublishTrimmed', 'SelfContained'].filter(
      (key) => property(key)?.toLowerCase() === 'true',
    ),
    aspnet,
  };
  return {
    ...project,
    kind: kindOf(project, { sdk, property, targets, modern, sources: () => listens(repo, dir) }),
  };
}

interface Facts {
  sdk: string;
  property(name: string): string | null;
  targets: readonly string[];
  modern: readonly string[];
  sources(): boolean;
}

function kindOf(project: Project, { sdk, property, targets, modern, sources }: Facts): Kind {
  const yes = (name: string) => property(name)?.toLowerCase() === 'true';
  const has = (pattern: RegExp) => [...project.packages].some((one) => pattern.test(one));
  const output = property('OutputType')?.toLowerCase() ?? null;
  if (
    has(testPackages) ||
    yes('IsTestProject') ||
    /^MSTest\.Sdk/.test(sdk) ||
    /\.(Unit|Integration|Functional)?Tests?$|Benchmarks?$/.test(project.name)
  )
    return 'tool';
  if (/Aspire\.AppHost/.test(sdk) || yes('IsAspireHost') || has(/^Aspire\.Hosting\.AppHost$/)) return 'tool';
  if (sdk === '') return 'windows';
  if (
    yes('UseWPF') ||
    yes('UseWindowsForms') ||
    yes('UseMaui') ||
    output === 'winexe' ||
    /Godot|MSBuild\.Sdk\.Extras|Uno\.Sdk/.test(sdk) ||
    has(desktopPackages)
  )
    return 'windows';
  if (targets.length > 0 && modern.length === 0)
    return targets.some((one) => /^netstandard/i.test(one)) || output === 'library' ? 'library' : 'windows';
  if (property('AzureFunctionsVersion') !== null) return 'function';
  if (/Sdk\.BlazorWebAssembly/.test(sdk)) return 'wasm';
  if (output === 'library') return 'library';
  if (/Sdk\.Web\b/.test(sdk)) return 'web';
  if (output === 'exe')
    return project.aspnet || sources() ? 'web' : /Sdk\.Worker/.test(sdk) ? 'worker' : 'exe';
  if (/Sdk\.Worker/.test(sdk)) return 'worker';
  return 'library';
}

/** Sources beside the project that listen without a framework. */
function listens(repo: Tree, dir: string): boolean {
  return repo
    .in(dir === '.' ? '' : dir)
    .filter((name) => /\.(cs|fs)$/.test(name))
    .some((name) =>
      /\bnew\s+HttpListener\s*\(|\bWebApplication\.Create|\bWebHost\.CreateDefaultBuilder|startWebServer/.test(
        repo.read(posix.join(dir, name)) ?? '',
      ),
    );
}

/** The Directory.Build.props and Directory.Packages.props that apply to a folder, the nearest first. */
export function sharedFiles(repo: Tree, dir: string): string[] {
  const found: string[] = [];
  for (let at = dir === '.' ? '' : dir; ; at = at.includes('/') ? posix.dirname(at) : '') {
    for (const name of ['Directory.Build.props', 'Directory.Build.targets', 'Directory.Packages.props']) {
      const path = at === '' ? name : `${at}/${name}`;
      if (repo.has(path)) found.push(path);
    }
    if (at === '') return found;
  }
}

function sharedProps(repo: Tree, dir: string): Element[] {
  return sharedFiles(repo, dir)
    .filter((path) => path.endsWith('.props'))
    .map((path) => parseXml(repo.manifest(path) ?? '', path));
}

function propertyOf(root: Element, name: string): string | null {
  for (const group of root.children) {
    if (group.name !== 'PropertyGroup') continue;
    const found = group.children.find(
      (one) => one.name === name && one.text !== '' && !/Debug/.test(one.attributes.Condition ?? ''),
    );
    if (found !== undefined) return found.text;
  }
  return null;
}

function sharedProperty(shared: readonly Element[], name: string): string | null {
  return shared.map((one) => propertyOf(one, name)).find((one) => one !== null) ?? null;
}

/** Puts other properties in the place of `$(Name)`; null when one is not known. */
function expand(value: string | null, property: (name: string) => string | null, depth = 0): string | null {
  if (value === null || !value.includes('$(')) return value;
  if (depth > 5) return null;
  let known = true;
  const text = value.replace(/\$\((\w+)\)/g, (_, name: string) => {
    const inner = expand(property(name), property, depth + 1);
    if (inner === null) known = false;
    return inner ?? '';
  });
  return known ? text : null;
}

function numberOf(framework: string): number {
  const [, core, major, minor] = /^net(coreapp)?(\d+)\.(\d+)$/i.exec(framework) ?? [];
  return (core === undefined ? 100 : 0) + Number(major ?? 0) + Number(minor ?? 0) / 100;
}
