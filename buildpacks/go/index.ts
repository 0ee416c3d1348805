import { type Buildpack, type Context, evidence, nothingToRun, weight } from '../buildpack.ts';
import { givenCommands } from '../lib/binaries.ts';
import { toolVersion, versionFile } from '../lib/toolfiles.ts';
import { languages, resolveVersion, type VersionRequest } from '../lib/versions.ts';
import { chooseMain, type Main, mainsOf, onlyTools, where } from './choose.ts';
import { image } from './image.ts';
import { direct, frameworkOf } from './libraries.ts';
import { type Module, readModule, workspace } from './module.ts';
import { type GoPackage, readPackages } from './packages.ts';

/** Go: a static binary on an empty image; with C on Debian. */
export const go: Buildpack = {
  stack: 'go',

  detect(ctx) {
    const module = readModule(ctx.tree);
    const work = ctx.tree.has('go.work');
    const sources = ctx.tree.withExtension('.go');
    const rootSource = sources.find((path) => !path.includes('/'));
    const legacy = ctx.tree.first('Gopkg.toml', 'glide.yaml', 'vendor/vendor.json', 'Godeps/Godeps.json');
    if (module === null && !work && rootSource === undefined && legacy === null) return null;
    const manifest = module !== null ? 'go.mod' : work ? 'go.work' : legacy;
    // Hugo's modules and Terraform's tools have a go.mod as well, and nothing to compile.
    if (sources.length === 0)
      return {
        role: 'tools',
        evidence: [evidence(manifest ?? 'go.mod', 'manifest', 'without Go sources', weight.hint)],
      };
    const reasons = manifest === null ? [] : [evidence(manifest, 'manifest', 'Go module', weight.manifest)];
    const { mains, modules } = survey(ctx);
    const framework = frameworkOf(direct(modules));
    const best = mains.find((main) => main.serves) ?? mains[0];
    if (best !== undefined)
      reasons.push(evidence(best.package.files[0] ?? '', 'package main', where(best), weight.entry));
    else
      reasons.push(
        evidence(sources[0] ?? '', 'sources', `${sources.length} of Go, no package main`, weight.sources),
      );
    if (framework !== null && best !== undefined)
      reasons.push(evidence('go.mod', 'require', framework, weight.framework));
    else if (best?.serves === true)
      reasons.push(evidence(best.package.files[0] ?? '', 'serves', 'net/http', weight.framework));
    return { role: 'server', evidence: reasons };
  },

  plan(ctx) {
    const { modules, packages, mains, work } = survey(ctx);
    const { version, warnings } = goVersion(ctx, modules, work);
    const commands = givenCommands(ctx);
    if (mains.length === 0) {
      throw nothingToRun(
        'There is no main package: this Go module is a library.',
        'Add a main package (for example cmd/server/main.go), or name the folder of the app with app = "…" in landfall.toml.',
        ctx.at('go.mod'),
      );
    }
    const chosen = chooseMain(ctx, mains, commands);
    return image(ctx, {
      chosen,
      modules,
      packages,
      version,
      warnings: [...warnings, ...chosen.warnings],
      commands,
    });
  },
};

interface Survey {
  modules: Module[];
  packages: Map<string, GoPackage>;
  mains: Main[];
  work: ReturnType<typeof workspace>;
}

const surveys = new WeakMap<Context['tree'], Survey>();

/** What the tree holds, read once for detection and plan. */
function survey(ctx: Context): Survey {
  const known = surveys.get(ctx.tree);
  if (known !== undefined) return known;
  const work = workspace(ctx.tree);
  const dirs = work === null || work.dirs.length === 0 ? [''] : work.dirs;
  const modules = dirs.map((dir) => readModule(ctx.tree, dir)).filter((one) => one !== null);
  const packages = readPackages(ctx.tree);
  // A folder with a go.mod of its own belongs to another module, which may be tools or examples.
  const nested = ctx.tree.all
    .filter((path) => path.endsWith('/go.mod'))
    .map((path) => path.slice(0, -'/go.mod'.length));
  const inner = nested.filter((dir) => !modules.some((module) => module.dir === dir));
  for (const dir of [...packages.keys()])
    if (inner.some((one) => dir === one || dir.startsWith(`${one}/`))) packages.delete(dir);
  const mains = mainsOf(packages, modules);
  const found = { modules, packages, mains: onlyTools(mains) ? [] : mains, work };
  surveys.set(ctx.tree, found);
  return found;
}

function goVersion(ctx: Context, modules: readonly Module[], work: Survey['work']) {
  const toolchain = (value: string | null | undefined, source: string): VersionRequest | null =>
    value === null || value === undefined || !/^go\d+\.\d+/.test(value)
      ? null
      : { value: value.replace(/^go/, '').replace(/-.*$/, ''), source };
  // Since 1.21 the line names the toolchain that the module is made with: its newest patch is used. Before, it was only the
  // language's version, and any newer Go compiles it (go.dev/doc/toolchain).
  const line = (value: string | null | undefined, source: string): VersionRequest | null => {
    if (value === null || value === undefined) return null;
    const plain = value.replace(/(rc|beta)\d+$/, '');
    const [, minor = '0'] = plain.split('.');
    if (Number(minor) < 21) return { value: plain, source, minimum: true };
    return { value: `~${plain}`, source };
  };
  const trees = ctx.dir === '' ? [ctx.tree] : [ctx.tree, ctx.repo];
  return resolveVersion(languages.go, [
    ctx.settings.version === null ? null : { value: ctx.settings.version, source: 'landfall.toml version' },
    ...trees.flatMap((tree) => [versionFile(tree, '.go-version'), toolVersion(tree, 'golang', 'go')]),
    toolchain(work?.toolchain, 'go.work toolchain'),
    ...modules.map((module) => toolchain(module.toolchain, 'go.mod toolchain')),
    line(work?.go, 'go.work go'),
    ...modules.map((module) => line(module.go, 'go.mod go')),
  ]);
}
