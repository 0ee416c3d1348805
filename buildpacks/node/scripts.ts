import { commandParts, devServer } from '../lib/devserver.ts';

type Scripts = Readonly<Record<string, string>>;

/** Programs that make files and end: they belong to the build, not to the start. */
const builders =
  /^(?:tsc|tsup|tspc|ttsc|vue-tsc|babel|swc|esbuild|webpack|webpack-cli|rollup|rspack|ncc|pkgroll|unbuild|rimraf|del-cli|rm|mkdir|mkdirp|cpx|cp|cpy|copyfiles|copy|ncp|shx|npm (?:ci|i|install)|yarn(?: install)?$|pnpm (?:i|install)|bun (?:i|install)|prisma generate|node-sass|sass|tailwindcss|postcss|tsc-alias|tscpaths|graphql-codegen|nest build|next build|nuxt build|nuxi build|vite build|remix build|remix vite:build|react-router build|react-scripts build|astro build|gulp build|grunt build|vue-cli-service build|ng build|nx build|turbo (?:run )?build|parcel build|strapi build|medusa build|node ace build|tsdown|microbundle|bun build|svelte-kit sync|eslint|prettier|jest|vitest|mocha|husky|patch-package|concat|minify|uglifyjs|cleancss|lessc|stylus|npm-check|echo|clear|cls)\b/;

/** The scripts of a package.json in a folder below; null when there is none. */
export type Folders = (dir: string) => Scripts | null;

/**
 * A command line with the scripts of package.json put in the place of `npm run x` and its like, pre-scripts included, and
 * without the runners that a runtime image lacks (npx, cross-env, pnpm exec). Bounded against scripts that name themselves.
 */
export function expand(command: string, scripts: Scripts, folders: Folders = () => null, depth = 0): string {
  if (depth > 6) return command;
  let here = scripts;
  let below = folders;
  return splitChain(command)
    .map(({ part, joint }) => {
      const into = /^cd\s+["']?([\w@./-]+)["']?$/.exec(part)?.[1];
      const inner = into === undefined ? null : below(into);
      const done = `${expandPart(part, here, below, depth)}${joint}`;
      if (into !== undefined && inner !== null) {
        here = inner;
        const outer = below;
        below = (dir) => outer(`${into}/${dir}`);
      }
      return done;
    })
    .join('');
}

/** Splits at `&&`, `||`, `;` and single `&`/`|` outside of quotes, keeping the signs. */
export function splitChain(command: string): { part: string; joint: string }[] {
  const found: { part: string; joint: string }[] = [];
  let part = '';
  let quote = '';
  for (let at = 0; at < command.length; at++) {
    const char = command[at] ?? '';
    if (quote !== '') {
      part += char;
      if (char === quote) quote = '';
      continue;
    }
    if (char === '"' || char === "'") quote = char;
    const sign = /^(?:&&|\|\||;|(?<![<>])&(?![>&])|\|)/.exec(command.slice(at))?.[0];
    if (sign !== undefined && part.at(-1) !== '>') {
      found.push({ part: part.trim(), joint: ` ${sign} ` });
      part = '';
      at += sign.length - 1;
    } else part += char;
  }
  found.push({ part: part.trim(), joint: '' });
  return found;
}

function expandPart(part: string, scripts: Scripts, folders: Folders, depth: number): string {
  const [, assignments = '', rest = ''] =
    /^((?:(?:export |set |cross-env(?:-shell)? |env )*(?:[A-Za-z_]\w*=(?:"[^"]*"|'[^']*'|\S*)\s+)*)*)(.*)$/s.exec(
      part,
    ) ?? [];
  const clean = assignments.replace(/\b(?:cross-env(?:-shell)?|env|set|export)\s+/g, '');
  const call = scriptCall(rest, scripts);
  if (call !== null) {
    const inner = call.dir === null ? scripts : folders(call.dir);
    const script = inner?.[call.name];
    if (inner !== null && script !== undefined) {
      const dir = call.dir;
      const lower: Folders = dir === null ? folders : (one) => folders(`${dir}/${one}`);
      const body = expand(`${script}${call.tail}`, inner, lower, depth + 1);
      const before = inner[`pre${call.name}`];
      const whole = before === undefined ? body : `${expand(before, inner, lower, depth + 1)} && ${body}`;
      return `${dir === null ? '' : `cd ${dir} && `}${clean}${whole}`;
    }
  }
  const many = /^(?:npm-run-all|run-s|run-p)\s+(.*)$/s.exec(rest)?.[1];
  if (many !== undefined) {
    const names = many.split(/\s+/).filter((word) => word in scripts);
    if (names.length > 0 && !/(?:^|\s)(?:-p|--parallel)\b/.test(many) && !rest.startsWith('run-p')) {
      return names.map((one) => expand(scripts[one] ?? '', scripts, folders, depth + 1)).join(' && ');
    }
    if (names.length > 0)
      return names.map((one) => expand(scripts[one] ?? '', scripts, folders, depth + 1)).join(' & ');
  }
  const bare = rest
    .replace(
      /^(?:npx|pnpx|bunx|yarn exec|pnpm exec|pnpm dlx|yarn dlx|npm exec|bun x)(?:\s+(?:-y|--yes|--no-install|--no|--))*\s+/,
      '',
    )
    .replace(
      /^(?:yarn|pnpm)\s+(?:run\s+)?(?=(?:ts-node|tsx|node|next|nuxt|nest|prisma|serve|pm2|pm2-runtime|vite|medusa|strapi|sequelize|knex|typeorm)\b)/,
      '',
    )
    .replace(/^(?:\.\/)?node_modules\/\.bin\//, '');
  return `${clean}${bare}`;
}

/** `npm run x`, `yarn x`, `npm start --prefix dir`, `node --run x`: the script, its folder, and what is passed on. */
function scriptCall(
  command: string,
  scripts: Scripts,
): { name: string; dir: string | null; tail: string } | null {
  const [program = '', ...words] = command.trim().split(/\s+/);
  if (program === 'node' && words[0] === '--run')
    return { name: words[1] ?? '', dir: null, tail: tailOf(words.slice(2)) };
  if (!/^(?:npm|pnpm|yarn|bun)$/.test(program)) return null;
  let name: string | null = null;
  let dir: string | null = null;
  let ran = false;
  const tail: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const [, flag = '', value] = /^(-[\w-]*)(?:=(.*))?$/s.exec(word) ?? [];
    // Another member of a workspace: its scripts are not these.
    if (
      /^(?:-w|-F|-r|-ws|--workspaces?|--filter|--recursive)$/.test(flag) &&
      !(name !== null && program !== 'npm')
    )
      return null;
    if (/^(?:--prefix|--cwd|--dir|-C)$/.test(flag) && (name === null || program === 'npm'))
      dir = value ?? words[++at] ?? null;
    else if (name !== null) tail.push(word);
    else if (flag !== '') continue;
    else if (/^(?:run|run-script)$/.test(word) && !ran) ran = true;
    else if (program === 'yarn' && word === 'workspace') return null;
    else name = word;
  }
  if (name === null) return null;
  const direct =
    ran || /^(?:start|test)$/.test(name) || (program !== 'npm' && (dir !== null || name in scripts));
  return direct
    ? { name, dir: dir === null ? null : dir.replace(/^\.\/|\/+$/g, ''), tail: tailOf(tail) }
    : null;
}

function tailOf(words: readonly string[]): string {
  const rest = words[0] === '--' ? words.slice(1) : words;
  return rest.length === 0 ? '' : ` ${rest.join(' ')}`;
}

export interface StartParts {
  /** What must happen at build time. */
  build: string[];
  /** What starts the app; null when nothing is left. */
  start: string | null;
}

/** Takes the leading steps that only build off an expanded start command. */
export function splitStart(command: string): StartParts {
  const chain = splitChain(command);
  const build: string[] = [];
  while (chain.length > 1) {
    const [first] = chain;
    if (first === undefined || !/&&|;/.test(first.joint)) break;
    const plain = commandParts(first.part)[0] ?? '';
    if (!builders.test(plain)) break;
    build.push(first.part);
    chain.shift();
  }
  const start = chain
    .map(({ part, joint }) => `${part}${joint}`)
    .join('')
    .trim();
  const only = commandParts(start);
  const nothing = start === '' || (only.length > 0 && only.every((part) => builders.test(part)));
  return nothing ? { build: [...build, ...(start === '' ? [] : [start])], start: null } : { build, start };
}

/** The file that a program which watches would run: `nodemon --exec ts-node src/a.ts` → `src/a.ts`. Null: none named. */
export function watchedFile(command: string): string | null {
  const words = command.split(/\s+/).map((word) => word.replace(/^["']|["']$/g, ''));
  return (
    words.findLast(
      (word) => /^[\w./@-]+\.(?:[cm]?[jt]sx?)$/.test(word) && !/config|register|^dotenv/.test(word),
    ) ?? null
  );
}

/** File servers: the app is its files, which the proxy's file server answers better. The folder, '' when not named. */
export function fileServer(command: string): string | null {
  const part = commandParts(command).at(-1) ?? '';
  const match =
    /^(serve|http-server|https-server|sirv|sirv-cli|static-server|local-web-server|ws|spa-http-server|serve-handler|live-server|lite-server|vite preview|astro preview|gatsby serve|docusaurus serve|vitepress (?:preview|serve)|ng serve|superstatic|pushstate-server|node-static|static|ecstatic|browser-sync start)\b(.*)$/.exec(
      part,
    );
  if (match === null) return null;
  const folder = (match[2] ?? '')
    .split(/\s+/)
    .find(
      (word, index, all) =>
        /^[\w./-]+$/.test(word) &&
        !word.startsWith('-') &&
        !/^-(?:l|p|P|a|c|-port|-listen|-host|-single)$/.test(all[index - 1] ?? '') &&
        !/^\d+$/.test(word) &&
        word !== 's',
    );
  return folder?.replace(/^\.?\/+|\/+$/g, '').replace(/^\.$/, '') ?? '';
}

/** Whether a command line runs a server for development. */
export function isDev(command: string, scripts: Scripts): string | null {
  return devServer(expand(command, scripts));
}
