import type { Context } from '../buildpack.ts';
import { devServer } from '../lib/devserver.ts';
import { type JsToken, jsTokens } from '../lib/js.ts';
import type { Tree } from '../lib/tree.ts';
import { type Package, uses } from '../node/package.ts';
import { expand, splitStart } from '../node/scripts.ts';

const extensions = ['ts', 'tsx', 'js', 'mjs', 'mts'];
const stems = [
  'index',
  'server',
  'app',
  'main',
  'src/index',
  'src/server',
  'src/app',
  'src/main',
  'server/index',
  'src/bot',
  'bot',
];

export interface BunStart {
  command: string;
  /** `scripts.start`, or the file. */
  source: string;
  /** The file that runs; null when the command does not say. */
  file: string | null;
  /** What must happen at build time. */
  build: string[];
}

/** The code of a file, for what it says of Bun. */
export function bunCode(tree: Tree, file: string): { bun: boolean; serves: boolean } {
  const tokens = jsTokens(tree.read(file) ?? '');
  const at = (index: number) => tokens[index]?.text;
  let bun = false;
  let serves = false;
  for (const [index, token] of tokens.entries()) {
    if (token.text === 'Bun' && token.kind === 'word' && at(index + 1) === '.') {
      bun = true;
      if (/^(serve|listen)$/.test(at(index + 2) ?? '')) serves = true;
    }
    if (
      token.kind === 'string' &&
      /^bun(:|$)/.test(token.text) &&
      /^(from|import|\()$/.test(at(index - 1) ?? '')
    )
      bun = true;
    if (token.text === 'serve' && at(index + 1) === '(' && at(index - 1) !== '.' && bun) serves = true;
    if (token.text === 'listen' && at(index - 1) === '.' && at(index + 1) === '(') serves = true;
  }
  return { bun, serves: serves || exportsFetch(tokens) };
}

/** `export default { port, fetch: app.fetch }` and `export default app`, which Bun serves by itself. */
function exportsFetch(tokens: readonly JsToken[]): boolean {
  const at = tokens.findIndex(
    (token, index) => token.text === 'export' && tokens[index + 1]?.text === 'default',
  );
  if (at < 0) return false;
  const next = tokens[at + 2];
  if (next?.text === '{') return tokens.slice(at + 3, at + 40).some((token) => token.text === 'fetch');
  return (
    next?.kind === 'word' &&
    tokens.some(
      (token, index) =>
        token.text === next.text &&
        tokens[index + 1]?.text === '=' &&
        tokens[index + 2]?.text === 'new' &&
        /^(Hono|Elysia|OpenAPIHono)$/.test(tokens[index + 3]?.text ?? ''),
    )
  );
}

/** How Bun starts the app; null when nothing says so. */
export function bunStart(ctx: Context, pkg: Package | null): BunStart | null {
  const { tree } = ctx;
  const scripts = pkg?.scripts ?? {};
  for (const name of ['start', 'start:prod', 'prod', 'production', 'serve', 'server']) {
    const script = scripts[name];
    if (script === undefined) continue;
    const { start, build } = splitStart(expand(script, scripts));
    if (start === null || devServer(start) !== null || !/^(?:\w+=\S+ )*(?:bun\b|\.\/)/.test(start)) continue;
    return { command: start, source: `scripts.${name}`, file: scriptFile(start), build };
  }
  const watched = [scripts.start, scripts.dev].flatMap((script) =>
    script === undefined ? [] : [scriptFile(expand(script, scripts))],
  );
  const named = [...watched, pkg?.raw.module, pkg?.main].flatMap((path) =>
    typeof path === 'string' ? [path.replace(/^\.\//, '')] : [],
  );
  const files = [
    ...new Set([...named, ...stems.flatMap((stem) => extensions.map((extension) => `${stem}.${extension}`))]),
  ].filter((file) => tree.has(file) && /\.[cm]?[jt]sx?$/.test(file));
  const serving = files.find((file) => bunCode(tree, file).serves);
  const file =
    serving ??
    watched.find((one) => one !== null && tree.has(one)) ??
    (pkg === null || pkg.private ? files[0] : undefined);
  return file === undefined || file === null
    ? null
    : { command: `bun run ${file}`, source: file, file, build: [] };
}

/** The file of `bun [run] [flags] file`; null for any other command. */
function scriptFile(command: string): string | null {
  if (!/(^|[\s"'])bun\b/.test(command)) return null;
  return (
    command
      .split(/[\s"']+/)
      .find((word) => /^[\w./@-]+\.[cm]?[jt]sx?$/.test(word) && !/\.config\./.test(word))
      ?.replace(/^\.\//, '') ?? null
  );
}

/** Whether the sources or scripts say that Bun itself is the runtime. `served`: what the package is started with else. */
export function saysBun(ctx: Context, pkg: Package): boolean {
  if (uses(pkg, 'elysia') && !uses(pkg, '@elysiajs/node')) return true;
  if (
    uses(
      pkg,
      'next',
      'nuxt',
      'vite',
      '@sveltejs/kit',
      'astro',
      'react-scripts',
      '@remix-run/dev',
      '@react-router/dev',
      '@nestjs/core',
      '@hono/node-server',
    )
  )
    return false;
  const scripts = [pkg.scripts.start, pkg.scripts.dev].filter((script) => script !== undefined);
  if (
    scripts.some((script) =>
      /^(?:\w+=\S+ )*bun (?:--?\S+ )*(?:run )?(?:--?\S+ )*[\w./@-]+\.[cm]?[jt]sx?\b/.test(script),
    )
  )
    return true;
  const entry = stems
    .flatMap((stem) => extensions.map((extension) => `${stem}.${extension}`))
    .filter((file) => ctx.tree.has(file));
  return entry.slice(0, 6).some((file) => bunCode(ctx.tree, file).bun);
}
