import { type Buildpack, type Context, evidence, nothingToRun, weight } from './buildpack.ts';
import { serveStage, sitePlan, staticJson } from './lib/serve.ts';
import { generatorOf } from './static/generators.ts';

/** Folders that a plain site is kept in, in order. */
const folders = [
  '',
  'public',
  'dist',
  'site',
  'www',
  'html',
  'htdocs',
  '_site',
  'build',
  'static',
  'src',
  'docs',
];

/** Sites: an index.html and nothing that must run, or text that a generator makes pages of. */
export const staticSite: Buildpack = {
  stack: 'static',

  detect(ctx) {
    const generator = generatorOf(ctx);
    if (generator !== null) return { role: 'files', evidence: generator.evidence };
    const reasons = [];
    for (const name of ['Staticfile', 'static.json']) {
      if (ctx.tree.has(name)) reasons.push(evidence(name, 'manifest', 'static site', weight.framework));
    }
    const folder = siteFolder(ctx);
    if (folder !== null) {
      const file = join(folder, pageIn(ctx, folder) ?? 'index.html');
      // A page in the root speaks for a site; one in public/ or dist/ is often what another stack serves or builds.
      reasons.push(
        evidence(file, 'page', 'entry page', folder === '' ? weight.entry + weight.sources : weight.entry),
      );
    }
    return reasons.length === 0 ? null : { role: 'files', evidence: reasons };
  },

  plan(ctx) {
    const generator = generatorOf(ctx);
    if (generator !== null) return generator.plan(ctx);
    const folder = siteFolder(ctx);
    if (folder === null) {
      throw nothingToRun(
        'There is no index.html to serve.',
        'Add index.html, or name the folder with output = "…" in landfall.toml.',
      );
    }
    return sitePlan({
      framework: null,
      packageManager: null,
      version: null,
      stages: [
        serveStage({
          from: null,
          path: ctx.at(folder),
          fallback: staticJson(ctx.tree).fallback,
          tree: ctx.tree,
          why: `The files of ${folder === '' ? 'the repository' : `${folder}/`}, served as they are.`,
        }),
      ],
      ignore: ['Procfile', 'landfall.toml', 'README*'],
      warnings: [],
    });
  },
};

function siteFolder(ctx: Context): string | null {
  const named = ctx.settings.output ?? staticJson(ctx.tree).root ?? staticfileRoot(ctx);
  const list = named === null ? folders : [named];
  return list.find((folder) => pageIn(ctx, folder) !== null) ?? null;
}

function pageIn(ctx: Context, folder: string): string | null {
  const names = ['index.html', 'index.htm', 'Index.html'];
  return names.find((name) => ctx.tree.has(join(folder, name))) ?? null;
}

/** Cloud Foundry's and railpack's Staticfile: `root: folder`. */
function staticfileRoot(ctx: Context): string | null {
  const root = /^root:\s*["']?([\w./-]+)/m.exec(ctx.tree.read('Staticfile') ?? '')?.[1];
  return root === undefined || root.includes('..') ? null : root.replace(/^\.?\/+|\/+$/g, '');
}

function join(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}
