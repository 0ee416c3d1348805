import { invalid, type StackPlan, type Stage } from '../buildpack.ts';
import { images } from './images.ts';
import { type Json, record, strings, text } from './json.ts';
import type { Tree } from './tree.ts';

export interface ServeOptions {
  /** The stage that holds the files; null: they lie in the build context. */
  from: string | null;
  /** The folder of the files, in that stage or in the context. */
  path: string;
  /** Unknown paths answer with index.html: a single-page app. */
  fallback: boolean;
  /** Where redirects and headers files may lie, in the app. */
  tree: Tree;
  why: string;
  /** File names carry a hash of their contents: bundlers do so. */
  hashed?: boolean;
}

/** The last stage of a site: Caddy serves files, compressed, without hidden ones, on PORT. */
export function serveStage(options: ServeOptions): Stage {
  return {
    name: 'runtime',
    from: images.static(),
    why: options.why,
    steps: [
      {
        do: 'run',
        commands: ['(setcap -r "$(command -v caddy)" 2>/dev/null || true)'],
        why: 'The official binary may bind low ports, and with that right it cannot start without capabilities.',
      },
      { do: 'write', path: '/etc/caddy/Caddyfile', lines: caddyfile(options) },
      {
        do: 'env',
        values: { XDG_CONFIG_HOME: '/tmp', XDG_DATA_HOME: '/tmp' },
        why: 'The only writable place.',
      },
      options.from === null
        ? { do: 'copy', paths: [options.path === '' ? '.' : `${options.path}/`], to: '/srv/' }
        : { do: 'copy', from: options.from, paths: [`${options.path}/`], to: '/srv/' },
    ],
  };
}

export const serveCommand = [
  'caddy',
  'run',
  '--config',
  '/etc/caddy/Caddyfile',
  '--adapter',
  'caddyfile',
] as const;

/** A plan that serves files: fills in what all sites have in common. */
export function sitePlan(plan: Omit<StackPlan, 'static' | 'start' | 'command'>): StackPlan {
  return { ...plan, static: true, start: null, command: serveCommand };
}

function caddyfile({ fallback, tree, hashed }: ServeOptions): string[] {
  return [
    '{',
    '\tadmin off',
    '\tauto_https off',
    '\tpersist_config off',
    '\tlog {',
    '\t\tlevel WARN',
    '\t}',
    '}',
    ':{$PORT:5000} {',
    '\troot * /srv',
    '\tencode zstd gzip',
    '\t@hidden {',
    '\t\tpath */.* /Caddyfile /landfall.toml /Dockerfile',
    '\t\tnot path /.well-known/*',
    '\t}',
    '\trespond @hidden 404',
    ...redirects(tree),
    ...headers(tree),
    ...(hashed === true
      ? [
          '\t@hashed path_regexp [.-][A-Za-z0-9_-]{8,}\\.(js|mjs|css|woff2?|png|jpe?g|svg|webp|avif|gif|ico|wasm)$',
          '\theader @hashed ?Cache-Control "public, max-age=31536000, immutable"',
        ]
      : []),
    '\t@page path */ *.html',
    '\theader @page ?Cache-Control "no-cache"',
    fallback
      ? '\ttry_files {path} {path}.html {path}/index.html /index.html'
      : '\ttry_files {path} {path}.html {path}/index.html',
    '\tfile_server',
    '\thandle_errors {',
    '\t\t@own file /{err.status_code}.html',
    '\t\thandle @own {',
    '\t\t\trewrite * {http.matchers.file.relative}',
    '\t\t\tfile_server',
    '\t\t}',
    '\t\trespond "{err.status_code} {err.status_text}"',
    '\t}',
    '}',
  ];
}

/** Netlify's `_redirects`: `/from /to [status]`. What Caddy cannot say the same way is left out. */
function redirects(tree: Tree): string[] {
  const file = tree.first('_redirects', 'public/_redirects', 'static/_redirects');
  const lines = file === null ? [] : (tree.read(file) ?? '').split(/\r?\n/);
  return lines.flatMap((raw) => {
    const [from, to, status = '301', ...rest] = raw.replace(/#.*/, '').trim().split(/\s+/);
    if (from === undefined || to === undefined || rest.length > 0 || !/^\/[\w./*-]*$/.test(from)) return [];
    const code = /^30[1278]$/.exec(status)?.[0];
    const target = to.replace(/:splat\b/, from.endsWith('*') ? '{http.request.uri.path}' : '');
    if (code === undefined || !/^[\w:/.?=&#{}-]+$/.test(target) || to.includes(':splat')) return [];
    return [`\tredir ${from} ${target} ${code}`];
  });
}

/** Netlify's `_headers`: a path line, then indented `Name: value` lines. */
function headers(tree: Tree): string[] {
  const file = tree.first('_headers', 'public/_headers', 'static/_headers');
  if (file === null) return [];
  let path: string | null = null;
  return (tree.read(file) ?? '').split(/\r?\n/).flatMap((line) => {
    if (/^\/[\w./*-]*\s*$/.test(line)) path = line.trim();
    const [, name, value] = /^\s+([A-Za-z-]+):\s*([^"`{}\\]+?)\s*$/.exec(line) ?? [];
    return path === null || name === undefined || value === undefined
      ? []
      : [`\theader ${path} ${name} "${value}"`];
  });
}

/** Heroku's static.json, where it is used: the folder of the files and whether unknown paths go to index.html. */
export function staticJson(tree: Tree): { root: string | null; fallback: boolean } {
  const value: Json | null = tree.json('static.json');
  if (value === null) return { root: null, fallback: false };
  const table = record(value);
  const root = text(table.root);
  if (root?.split('/').includes('..'))
    throw invalid(
      'static.json',
      null,
      'static.json names a root outside the repository.',
      'Name a folder inside it.',
    );
  return {
    root: root?.replace(/^\.?\/+|\/+$/g, '') ?? null,
    fallback: strings(record(table.routes)['/**']).includes('index.html'),
  };
}
