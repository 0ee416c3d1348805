import { type Assets, assetStage, buildScript } from '../assets.ts';
import type { Context } from '../buildpack.ts';
import { Tree } from '../lib/tree.ts';
import { readPackage } from '../node/package.ts';
import type { GoPackage } from './packages.ts';

const usual =
  /^(templates?|tmpl|views?|static|public|assets|migrations|www|html|i18n|locales?|translations|lang|content|resources?|data|config|configs|conf|themes?|sql|schema|seeds?|css|js|images|img|fonts|posts)$/i;

/** The files beside the binary that its code names: templates, pages, migrations, configuration. Paths of the app. */
export function runtimeFiles(
  ctx: Context,
  packages: Iterable<GoPackage>,
): { folders: string[]; files: string[] } {
  const named = new Set<string>();
  const embedded = new Set<string>();
  for (const one of packages) {
    for (const literal of one.literals) named.add(literal.replace(/^\.\//, '').split('/')[0] ?? '');
    for (const pattern of one.embeds) if (one.dir === '') embedded.add(pattern.split('/')[0] ?? '');
  }
  const folders = new Set<string>();
  for (const path of ctx.tree.all) {
    const slash = path.indexOf('/');
    if (slash > 0) folders.add(path.slice(0, slash));
  }
  const code = new Set([...ctx.tree.withExtension('.go')].map((path) => path.split('/')[0] ?? ''));
  return {
    folders: [...folders]
      .filter(
        (folder) =>
          !folder.startsWith('.') &&
          !/\s|^(vendor|node_modules)$/.test(folder) &&
          !embedded.has(folder) &&
          (named.has(folder)
            ? !code.has(folder) || usual.test(folder) || folder === 'web' || folder === 'ui'
            : usual.test(folder) && !code.has(folder)),
      )
      .sort(),
    files: ctx.tree
      .in('')
      .filter(
        (file) =>
          named.has(file) &&
          !/\.(go|mod|sum|md)$|^(Dockerfile|Makefile|LICENSE|go\.work|Procfile|package(-lock)?\.json)$|^\.env|\s/.test(
            file,
          ),
      )
      .sort(),
  };
}

/** A web folder with package.json whose built files the Go code embeds or serves; null when there is none. */
export function webAssets(ctx: Context, packages: Iterable<GoPackage>): Assets | null {
  const wanted: string[] = [];
  const literals = new Set<string>();
  for (const one of packages) {
    const inside = (path: string) => [one.dir, path].filter((part) => part !== '' && part !== '.').join('/');
    wanted.push(...one.embeds.map(inside));
    for (const literal of one.literals) literals.add(literal.replace(/^\.\//, ''));
  }
  const built = (path: string) =>
    ctx.tree.has(path) ||
    ctx.tree.all.some(
      (file) => file.startsWith(`${path}/`) && !/\/\.?(git)?keep$|\/\.gitignore$/i.test(file),
    );
  for (const path of ctx.tree.named('package.json')) {
    const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
    const tree = folder === '' ? ctx.tree : Tree.of(ctx.tree.source, ctx.at(folder));
    const pkg = readPackage(tree);
    const script = pkg === null ? null : buildScript(pkg);
    if (pkg === null || script === null) continue;
    const prefix = folder === '' ? '' : `${folder}/`;
    const config =
      ['vite.config.ts', 'vite.config.js', 'vite.config.mts', 'vite.config.mjs']
        .map((name) => tree.read(name))
        .find((text) => text !== null) ?? '';
    const outside =
      folder !== '' &&
      (/outDir\s*:\s*["'`]\.\.\//.test(config) ||
        /(?:outDir|outdir|-o|--output\S*|-d)[= ]\.\.\//.test(pkg.scripts[script] ?? ''));
    const inside = wanted.some(
      (one) =>
        one.startsWith(prefix) &&
        /(^|\/)(dist|build|out|public|static|assets|css|js)(\/|$)/.test(one.slice(prefix.length)) &&
        !built(one.replace(/\/\*.*$/, '')),
    );
    const missing = wanted.some((one) => !/[*?[]/.test(one) && !built(one));
    const served = [...literals].some(
      (one) =>
        folder !== '' &&
        (one === `${prefix}dist` ||
          one === `${prefix}build` ||
          one === `${prefix}out` ||
          one.startsWith(`${prefix}dist/`) ||
          one.startsWith(`${prefix}build/`)),
    );
    const root = folder === '' && wanted.length + literals.size > 0 && pkg.scripts.start === undefined;
    if (!inside && !served && !(outside && (missing || wanted.length > 0)) && !root) continue;
    return assetStage(ctx, {
      folder,
      script,
      whole: outside || folder === '',
      why: `The web files that the Go program ${inside || missing ? 'embeds' : 'serves'}, built by ${prefix}package.json.`,
    });
  }
  return null;
}
