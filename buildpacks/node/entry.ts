import type { Context } from '../buildpack.ts';
import { type JsToken, jsCalls, jsImports, jsTokens, packageOf } from '../lib/js.ts';
import { record, strings, text } from '../lib/json.ts';
import { normalize } from './config.ts';
import { type Package, uses } from './package.ts';
import { expand } from './scripts.ts';

const extensions = ['js', 'mjs', 'cjs', 'ts', 'mts', 'cts'];
const stems = [
  'server',
  'index',
  'app',
  'main',
  'start',
  'bot',
  'src/server',
  'src/index',
  'src/app',
  'src/main',
  'src/bot',
  'server/index',
  'server/server',
  'server/app',
  'server/main',
  'server/src/index',
  'server/src/server',
  'bin/www',
  'bin/server',
  'lib/server',
  'lib/index',
  'lib/app',
  'api/index',
  'api/server',
  'backend/index',
  'backend/server',
  'app/index',
  'app/server',
];

const listeners = [
  '.listen',
  'createServer',
  '.createSecureServer',
  '.login',
  '.launch',
  'startStandaloneServer',
  'startServerAndCreateNextHandler',
];

/** The file that starts the app: `main` when it runs something, else the usual names whose code serves. */
export function entryFile(ctx: Context, pkg: Package | null): { file: string; serves: boolean } | null {
  const main = pkg?.main === null || pkg === null ? null : resolveFile(ctx, pkg.main);
  const names = [...(main === null ? [] : [main]), ...candidates(ctx)];
  let fallback: string | null = null;
  for (const file of names) {
    const tokens = jsTokens(ctx.tree.read(file) ?? '');
    if (servesHttp(tokens)) return { file, serves: true };
    if (fallback === null && runsSomething(tokens)) fallback = file;
  }
  return fallback === null ? null : { file: fallback, serves: false };
}

function candidates(ctx: Context): string[] {
  return stems
    .flatMap((stem) => [
      ...extensions.map((extension) => `${stem}.${extension}`),
      ...(stem === 'bin/www' ? [stem] : []),
    ])
    .filter((file) => ctx.tree.has(file) && !ctx.tree.belongsBelow(file, ['package.json']));
}

/** `main` as node resolves it: with or without extension, or a folder with an index. */
export function resolveFile(ctx: Context, path: string): string | null {
  const clean = normalize(path);
  return ctx.tree.first(
    clean,
    ...extensions.map((extension) => `${clean}.${extension}`),
    ...extensions.map((extension) => `${clean}/index.${extension}`),
  );
}

export function servesHttp(tokens: readonly JsToken[]): boolean {
  if (listeners.some((name) => jsCalls(tokens, name))) return true;
  const imports = jsImports(tokens);
  return (
    jsCalls(tokens, 'serve') && (imports.has('@hono/node-server') || imports.has('srvx') || imports.has('h3'))
  );
}

/** Whether a file does something when it is run, instead of only exporting. */
function runsSomething(tokens: readonly JsToken[]): boolean {
  if (tokens.length === 0) return false;
  const exports = tokens.some(
    (token, index) =>
      token.text === 'export' || (token.text === 'exports' && /^[.=[]$/.test(tokens[index + 1]?.text ?? '')),
  );
  return !exports;
}

export interface Compiled {
  start: string;
  /** Commands to run first, when the `build` script does not do it. */
  build: string[];
  /** Needs modules for development at run time (tsx, ts-node). */
  keepDev: boolean;
}

/** How a source file is run in production: JavaScript as it is, TypeScript compiled where the project can, else by its own loader. */
export function runFile(ctx: Context, pkg: Package, file: string, babel = false): Compiled {
  if (!/\.[cm]?tsx?$/.test(file) && !babel) return { start: `node ${file}`, build: [], keepDev: false };
  const build = pkg.scripts.build === undefined ? '' : expand(pkg.scripts.build, pkg.scripts);
  const config = record(ctx.tree.has('tsconfig.json') ? ctx.tree.json('tsconfig.json') : {});
  const options = record(config.compilerOptions);
  const out = text(options.outDir);
  const output = (folder: string): string => {
    const root = text(options.rootDir);
    const included = strings(config.include);
    const inside =
      (included.length > 0 && included.every((path) => /^(?:\.\/)?src(?:\/|$)/.test(path))) ||
      onlyUnder(ctx, 'src');
    const base = root === null ? (inside && file.startsWith('src/') ? 'src' : '') : normalize(root);
    const inner = base !== '' && file.startsWith(`${base}/`) ? file.slice(base.length + 1) : file;
    return normalize(`${folder}/${inner.replace(/\.tsx?$/, '.js').replace(/\.(m|c)ts$/, '.$1js')}`);
  };
  if (/\b(?:tsc|ttsc|tspc|swc|babel)\b/.test(build)) {
    const folder =
      /--outDir[= ]([\w./-]+)/.exec(build)?.[1] ??
      /(?:swc|babel)\b.*?(?:-d|--out-dir)[= ]([\w./-]+)/.exec(build)?.[1] ??
      out ??
      '.';
    // Babel is given the folder itself: what lies in it comes out without it.
    const target =
      /\bbabel\b/.test(build) && file.includes('/')
        ? `${folder}/${file.slice(file.indexOf('/') + 1)}`
        : output(folder);
    return { start: `node ${normalize(target.replace(/\.tsx?$/, '.js'))}`, build: [], keepDev: false };
  }
  if (babel) return { start: `babel-node ${file}`, build: [], keepDev: true };
  if (/\b(?:tsup|esbuild|rollup|tsdown|unbuild|ncc|pkgroll|vite|webpack)\b/.test(build)) {
    const named = /--outfile[= ]([\w./-]+)/.exec(build)?.[1];
    const folder = /(?:--outdir|--out-dir|-d|-o)[= ]([\w./-]+)/.exec(build)?.[1] ?? 'dist';
    const stem = file.slice(file.lastIndexOf('/') + 1).replace(/\.[cm]?tsx?$/, '');
    const main =
      pkg.main !== null && /^(?:\.\/)?(?:dist|build|out|lib)\//.test(pkg.main) ? normalize(pkg.main) : null;
    return { start: `node ${named ?? main ?? normalize(`${folder}/${stem}.js`)}`, build: [], keepDev: false };
  }
  for (const loader of ['tsx', 'ts-node', 'esbuild-register', '@swc-node/register']) {
    if (!uses(pkg, loader)) continue;
    const start =
      loader === 'tsx'
        ? `tsx ${file}`
        : loader === 'ts-node'
          ? `ts-node --transpile-only ${file}`
          : `node -r ${loader} ${file}`;
    return { start, build: [], keepDev: true };
  }
  if (uses(pkg, 'typescript') && out !== null)
    return { start: `node ${output(out)}`, build: ['tsc'], keepDev: false };
  return { start: `node ${file}`, build: [], keepDev: false };
}

/** All TypeScript of the app lies in this folder, so that the compiler's root is that folder. */
function onlyUnder(ctx: Context, folder: string): boolean {
  return [...ctx.tree.withExtension('.ts'), ...ctx.tree.withExtension('.tsx')].every(
    (path) => path.startsWith(`${folder}/`) || path.endsWith('.d.ts') || /config\.\w+$/.test(path),
  );
}

/** Modules that the sources import and that are only there for development: leaving them out would break the app. */
export function devOnlyImports(ctx: Context, pkg: Package): string[] {
  const found = new Set<string>();
  const sources = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.jsx', '.tsx'].flatMap((extension) => [
    ...ctx.tree.withExtension(extension),
  ]);
  for (const file of sources.slice(0, 800)) {
    if (
      /(?:^|\/)(?:[\w.-]*\.config|[\w.-]*rc|gulpfile|Gruntfile|webpack\.[\w.]+|[\w.-]*\.(?:test|spec|stories|d))\.\w+$/.test(
        file,
      )
    )
      continue;
    const source = ctx.tree.read(file);
    if (source === null || source.length > 200_000) continue;
    for (const specifier of jsImports(jsTokens(source))) {
      const name = packageOf(specifier);
      if (name !== null && name in pkg.devDependencies && !(name in pkg.dependencies)) found.add(name);
    }
  }
  return [...found].sort();
}
